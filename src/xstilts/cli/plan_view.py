"""A plan for people: what would run, what is reused, and what it will cost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from xstilts.app.plan import time_spent, to_fetch
from xstilts.app.plan_power import power_forecast
from xstilts.core.collection import deferred_collection
from xstilts.core.short_keys import short_key
from xstilts.core.visible_text import visible
from xstilts.engine.graph import steps_of
from xstilts.pipeline.data_notes import data_notes
from xstilts.pipeline.encoder_notes import encoder_notes
from xstilts.pipeline.forecast import Forecast, StepForecast
from xstilts.pipeline.kept_weights import weight_notices
from xstilts.pipeline.session import Session
from xstilts.pipeline.steps import STEP_KINDS
from xstilts.report.elements import formatting
from xstilts.report.elements.formatting import name_list, plural
from xstilts.study.expand import Route, before_target
from xstilts.study.phase import MergedCheckpoint, Phase, Start
from xstilts.study.size_curves import size_axes


@deferred_collection()
def plan_text(session: Session, found: Forecast, every_step: bool) -> RenderableType:
    study = session.study
    parts: list[RenderableType] = [
        Text(study.question, style="bold"),
        Text(
            f"{plural(len(study.arms), 'arm')} × {plural(len(study.targets), 'target')} × "
            f"{plural(len(study.seeds), 'seed')}, encoder {study.encoder}"
        ),
        _sharing(found),
        _arms(session),
        *_sizes(session),
        *_forgetting(session),
        *_stress(session),
        _table(found),
    ]
    if every_step:
        parts.append(_steps(found.steps))
    parts.extend(_missing(session))
    parts.extend(Text(visible(f"note: {note}"), style="yellow") for note in found.notes)
    parts.extend(_to_fetch(session))
    parts.extend(_weights(session, found))
    parts.extend(Text(sentence) for sentence in power_forecast(session).sentences())
    parts.append(_verdict(session, found))
    parts.extend(_beyond_training(found))
    return Group(*parts)


def _sharing(found: Forecast) -> Text:
    saved = found.sharing.naive - found.sharing.trainings
    share = f" ({saved / found.sharing.naive:.0%} shared)" if saved else ""
    text = f"{plural(found.sharing.trainings, 'training')}; one by one it would be {found.sharing.naive}{share}"
    return Text(text, style="dim")


def _arms(session: Session) -> Table:
    """What each arm trains before its targets, how many of its trainings no other arm needs, and the key of the last
    one before a target, with the first seed."""
    arms: dict[str, set[str]] = {}
    before: dict[str, tuple[str, str]] = {}
    ends: dict[str, str] = {}
    for route in session.routes:
        arms.setdefault(route.arm, set()).update(
            training.step.key for training in session.steps.all_trainings((route.arm, route.target, route.seed))
        )
        if (key := _last_before_target(session, route)) and route.arm not in ends:
            ends[route.arm] = short_key(key)
        before[route.arm] = before_target(route.end) or "–", _lengths(route.end) or "–"
    users = Counter(key for keys in arms.values() for key in keys)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("arm", "before the target", "updates", "trainings", "its own", "ends in"):
        right, whole = name in ("trainings", "its own"), name == "ends in"
        table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=whole)
    for arm, keys in arms.items():
        names, lengths = before[arm]
        own = str(sum(users[key] == 1 for key in keys))
        table.add_row(arm, Text(names), lengths, str(len(keys)), own, ends.get(arm, "–"))
    return table


def _last_before_target(session: Session, route: Route) -> str:
    """Return the key of the last training of a route that is no target's; "" where there is none."""
    trainings = session.steps.trainings[route.arm, route.target, route.seed]
    return next((one.step.key for one in reversed(trainings) if one.role == "intermediate"), "")


def _lengths(end: Start) -> str:
    """How long the phases before a target are: "60 → 60", of joined ones "60 + 60"."""
    if isinstance(end, MergedCheckpoint):
        return " + ".join(map(_lengths, end.parts))
    if isinstance(end, Phase):
        own = _length(end) if end.role in ("language", "intermediate") else ""
        return " → ".join(filter(None, (_lengths(end.start), own)))
    return ""


def _length(phase: Phase) -> str:
    """The updates of a phase, those that come on top of its tasks' included."""
    recipe, times = phase.recipe, 1 + sum(part.extra_update_ratio or 0 for part in phase.mix)
    if recipe.updates:
        return f"{round(recipe.updates * times):,}"
    return f"{recipe.epochs:g} epoch{'' if recipe.epochs == 1 else 's'}{'' if times == 1 else f' × {times:g}'}"


def _sizes(session: Session) -> Iterable[Text]:
    """The curves over sizes, and what is equal along them."""
    for axis in size_axes(session.study):
        budget = f", equal {axis.budget}" if axis.budget in ("updates", "epochs") else ", both phases matched"
        said = f"sizes of {axis.name} ({axis.axis}): {', '.join(map(str, axis.points.values()))}"
        yield Text(f"{said}{budget if axis.budget else ''}", style="dim")


def _forgetting(session: Session) -> Iterable[Text]:
    """How often intermediate tasks are scored again on their dev sets."""
    again, which = session.steps.forgetting_probes, {"intermediate": "every intermediate phase", "all": "every phase"}
    if again:
        said = f"forgetting: after {which[session.study.forgetting]} of an arm, the intermediate tasks trained by then"
        yield Text(f"{said} are scored on their dev sets ({plural(len(again), 'score')})", style="dim")


def _stress(session: Session) -> Iterable[Text]:
    """How often checkpoints are scored again on perturbed inputs."""
    steps = session.steps.stress_steps
    if steps:
        conditions = {name: len(conditions) for name, conditions in session.located.perturbed.stress.items()}
        said = ", ".join(f"{name} under {plural(number, 'condition')}" for name, number in conditions.items())
        again = plural(len(steps), "more evaluation")
        yield Text(f"stress: {said}: {again} of the same checkpoints; nothing is trained for them", style="dim")


def _table(found: Forecast) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("step", "to run", "reused", "updates", "tokens", "FLOPs", "time"):
        table.add_column(name, justify="left" if name == "step" else "right")
    for kind in STEP_KINDS:
        steps = [step for step in found.steps if step.name == kind.name]
        if not steps:
            continue
        run = [step for step in steps if not step.reused]
        about = "" if all(step.counted for step in run) else "~"
        tokens = sum(step.tokens for step in run)
        flops = [step.flops for step in run if step.flops is not None]
        table.add_row(
            kind.name,
            str(len(run)),
            str(len(steps) - len(run)),
            f"{sum(step.updates for step in run):,}" if kind.is_training else "–",
            f"{about}{formatting.amount(tokens)}" if tokens else "–",
            formatting.operations(sum(flops)) if flops else "–",
            formatting.seconds(sum(step.seconds for step in run)) if run else "–",
        )
    return table


def _steps(steps: Sequence[StepForecast]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim", title="Steps, in order", title_justify="left")
    for name, right in (("step", False), ("what", False), ("tokens", True), ("time", True), ("key", False)):
        table.add_column(name, justify="right" if right else "left", overflow="fold", no_wrap=name == "key")
    for step in steps:
        tokens = f"{'' if step.counted else '~'}{formatting.amount(step.tokens)}" if step.tokens else "–"
        time = "reused" if step.reused else formatting.seconds(step.seconds)
        table.add_row(step.name, Text(step.label), tokens, time, step.key)
    return table


def _missing(session: Session) -> Iterable[Text]:
    chosen = session.located
    if session.precision_reason:
        yield Text(f"note: precision auto: {session.precision}, as {session.precision_reason}", style="dim")
    for note in encoder_notes(session):
        yield Text(f"note: {note}", style="dim")
    for name, notes in chosen.notes.items():
        for note in notes:
            yield Text(f"note: {name}: {note}", style="dim")
    for warning in data_notes(session).warnings:
        yield Text(f"warning: {warning}", style="yellow")
    for what, missing in (("target", chosen.missing_targets), ("arm", chosen.missing_arms)):
        for name, reason in missing.items():
            yield Text(f"missing {what} {name}: {reason}", style="yellow")
    for target, languages in chosen.missing_languages.items():
        if languages and target not in chosen.missing_targets:
            named = [
                f"{language} ({', '.join(files)})" if files else language
                for language, files in chosen.missing_files(target).items()
            ]
            yield Text(visible(f"missing in {target}: {', '.join(named)}"), style="yellow")


def _to_fetch(session: Session) -> Iterable[Text]:
    found = to_fetch(session)
    named = [f"the encoder {found['encoder']}"] if found["encoder"] else []
    if found["sources"]:
        named.append(plural(found["sources"], "source"))
    if named:
        command = f"xstilts data get {session.study.name}"
        yield Text(
            f"To be fetched first: {name_list(named)}, estimated by published sizes. `{command}` fetches them, and "
            "`xstilts run` does so itself.",
            style="yellow",
        )


def _weights(session: Session, found: Forecast) -> Iterable[Text]:
    """What is trained again for want of weights, and what is kept or thrown away."""
    weights, again = session.steps.weights, set(found.again)
    rebuilt = [step for step in steps_of(session.goals) if step.key in again]
    for notice in weight_notices(weights, rebuilt, found.again_seconds):
        yield Text(notice, style="yellow")
    if weights.targets and weights.targets_are_kept:
        kept = formatting.size(weights.target_bytes)
        yield Text(f"The weights of {plural(len(weights.targets), 'target training')} are kept: {kept}.", style="dim")


def _verdict(session: Session, found: Forecast) -> Text:
    if not found.to_run:
        return Text("Nothing to run: every step is in the store.", style="green")
    seconds = sum(step.seconds for step in found.to_run)
    basis = _basis(found)
    cuda = (session.options.device or "").startswith("cuda")
    device = "one GPU of the H200's class" if cuda and not found.measured else "one device"
    tilde = "" if all(step.counted for step in found.to_run) else "; ~ estimated from file sizes"
    disk = formatting.size(found.peak_bytes)
    about = f"About {formatting.seconds(seconds)} on {device}, at most {disk} of disk ({basis}{tilde})."
    return Text(about, style="bold")


def _basis(found: Forecast) -> str:
    """Whether the speeds behind a plan were measured, for the kinds of step that cost the most."""
    kinds = [kind.name for kind in STEP_KINDS if kind.tokens_done and found.seconds.get(kind.name)]
    nominal = [name for name in kinds if name not in found.measured]
    if len(nominal) == len(kinds):
        return "nominal speeds; the first run measures them"
    steps = ", ".join(f"{found.measured[name]} {name}" for name in kinds if name in found.measured)
    return f"speeds measured in this store ({steps} steps){f', nominal for {name_list(nominal)}' if nominal else ''}"


def _beyond_training(found: Forecast) -> Iterable[Text]:
    """How much of the time is not training, where something is trained at all."""
    spent = time_spent(found)
    if spent.beyond_training is not None and spent.has_training:
        yield Text(f"{spent.beyond_training:.1%} of it is not training: {spent.others}.")
