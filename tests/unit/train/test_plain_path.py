"""What is done for speed keeps the numbers: 50 updates beside a plain padded loop over the classes of transformers."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from transformers import AutoModelForSequenceClassification

import toy_training as toy
from xstilts.train.attempt import Attempt
from xstilts.train.optim import learning_rate

UPDATES = 50
RECIPE = {"updates": UPDATES, "dropout": 0.0, "lr": 5e-3, "weight_decay": 0.1}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy.encoder_folder(tmp_path_factory.mktemp("encoder"))


def plain_losses(attempt: Attempt, encoder: Path) -> list[float]:
    """The same rows in the same order, padded, with torch's own optimiser and clipping and the whole table."""
    job = attempt.job
    (part,) = job.parts
    (head,) = attempt.model.by_key.values()
    plain = AutoModelForSequenceClassification.from_pretrained(
        encoder, num_labels=2, hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, classifier_dropout=0.0
    )
    wrong = plain.load_state_dict(head.part.module.state_dict(), strict=False)  # type: ignore[union-attr,operator]
    assert not wrong.unexpected_keys and all(name.startswith("roberta.") for name in wrong.missing_keys)
    decays = {True: [], False: []}
    for parameter in plain.parameters():
        decays[parameter.ndim > 1].append(parameter)
    groups = [{"params": decays[True], "weight_decay": 0.1}, {"params": decays[False], "weight_decay": 0.0}]
    optimiser, losses = torch.optim.AdamW(groups), []
    for number in range(UPDATES):
        _, places = attempt.schedule.rows(number)
        rows = [part.train.row(int(row)) for row in part.rows[places]]
        texts = [torch.tensor(row["ids"]) for row in rows]
        ids = torch.nn.utils.rnn.pad_sequence(texts, True, plain.config.pad_token_id)
        lengths = torch.tensor([len(row["ids"]) for row in rows])
        mask = (torch.arange(ids.shape[1]) < lengths[:, None]).long()
        gold = torch.tensor([int(row["gold"][0]) for row in rows])
        loss = plain(input_ids=ids, attention_mask=mask, labels=gold).loss
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(plain.parameters(), job.recipe.clip)
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(number, UPDATES, job.recipe)
        optimiser.step()
        losses.append(float(loss))
    return losses


def test_the_fast_path_has_the_losses_of_the_plain_one(encoder: Path, tmp_path: Path) -> None:
    part = toy.part(encoder, tmp_path, toy.texts(200), toy.texts(20, seed=1))
    attempt = Attempt(toy.job(encoder, [part], RECIPE), 1, 60)  # passes of 60 tokens: an update is cut
    fast = attempt.model.encoder
    assert fast.skips_unread_tokens and fast.padding_reason is None and fast.kept_embeddings is not None
    expected = plain_losses(attempt, encoder)
    found = [attempt.update(number).loss for number in range(UPDATES)]
    assert found == pytest.approx(expected, abs=1e-4)
    assert found[-1] < 0.5 * found[0], "nothing was learnt, so that nothing was compared"
