"""Concepts: what questions of this field are about, in the spellings in which papers write them."""

from __future__ import annotations

from dataclasses import dataclass

from xstilts.core.catalog import Catalog


@dataclass(frozen=True, kw_only=True)
class Concept:
    """A concept; its first spelling is what services are asked for.

    kinds: of tasks that a study would train on for it (`kinds` of the catalogue). tasks: the same by name.
    """

    name: str
    spellings: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()


def _concept(name: str, *others: str, kinds: tuple[str, ...] = (), tasks: tuple[str, ...] = ()) -> Concept:
    return Concept(name=name, spellings=(name, *others), kinds=kinds, tasks=tasks)


CONCEPTS: Catalog[Concept] = Catalog(
    "concept",
    _concept(
        "intermediate-task training", "intermediate task", "intermediate training", "intermediate fine-tuning",
        "supplementary training", "intermediate data", "STILTs",
    ),
    _concept(
        "cross-lingual transfer", "zero-shot cross-lingual", "cross-lingual", "zero-shot transfer", "crosslingual",
        "multilingual transfer", "language transfer",
    ),
    _concept(
        "dependency parsing", "syntactic parsing", "syntax", "syntactic", "treebank", "dependency parser",
        "dependency trees", "parse trees", "biaffine parser", kinds=("dependency",),
    ),
    _concept(
        "semantic role labeling", "semantic role labelling", "semantic roles", "SRL", "PropBank", kinds=("roles",),
    ),
    _concept(
        "semantic parsing", "logical form", "task-oriented parsing", "meaning representation", "MTOP",
        kinds=("parse_generation", "slots_intent"),
    ),
    _concept("multi-task learning", "multi-task", "multitask", "joint training", "jointly", "joint learning"),
    _concept("sequential training", "sequential", "in sequence", "sequentially", "two-stage"),
    _concept(
        "code-switching", "code-switched", "code-mixing", "code-mixed", "code mixed", "code switching",
    ),
    _concept("robustness", "noise", "noisy", "typos", "misspellings", "perturbations", "robust"),
    _concept(
        "data scaling", "scaling", "data size", "training set size", "amount of training data", "sample efficiency",
        "size of the training data", "size of the English intermediate data", "number of training examples",
        "more training data",
    ),
    _concept("reasoning", "math word problems", "mathematical reasoning", "GSM8K", "MMLU", "commonsense reasoning",
             "chain of thought", tasks=("gsm8k-verify", "gsm8k-next-step")),
    _concept("adapters", "adapter", "parameter-efficient", "LoRA", "prompt tuning", "prefix tuning", "soft prompts"),
    _concept("question answering", "reading comprehension", "SQuAD", "QA", "TyDiQA", tasks=("squad1",)),
    _concept("natural language inference", "textual entailment", "NLI", "MNLI", "XNLI", "inference",
             tasks=("mnli", "snli")),
    _concept("named entity recognition", "NER", "entity recognition"),
    _concept("part-of-speech tagging", "POS tagging", "part-of-speech", "POS", tasks=("udpos",)),
    _concept("paraphrase identification", "paraphrase", "PAWS-X", tasks=("pawsx",)),
    _concept("sentence retrieval", "bitext mining", "Tatoeba", "BUCC"),
    _concept("masked language modeling", "masked language modelling", "MLM", "continued pretraining"),
    _concept("machine translation", "translated data", "translate-train", "machine-translated"),
    _concept("catastrophic forgetting", "forgetting"),
    _concept("multilingual encoder", "multilingual model", "XLM-R", "mBERT", "multilingual language model"),
    _concept("low-resource languages", "low-resource", "under-resourced"),
)  # fmt: skip
