"""`doctor`: what is here to run studies with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from xstilts.cli.console import make_console
from xstilts.cli.options import STUDIES_PANEL, AsJson, Data, Device, Offline, StoreDir, make_options, print_json

if TYPE_CHECKING:
    from rich.console import RenderableType

    from xstilts.app.doctor.places import StudyNeeds
    from xstilts.app.doctor.report import Findings


def add_to(app: typer.Typer) -> None:
    app.command(rich_help_panel=STUDIES_PANEL)(doctor)


def doctor(
    data: Data = None, store: StoreDir = None, device: Device = None, offline: Offline = False, as_json: AsJson = False
) -> None:
    """Say what is here: processor, GPUs, precision and why, versions, extras, the store, data, the network, and what
    packaged studies would need. Nothing is run, written or fetched."""
    from xstilts.app.doctor.report import examine

    found = examine(make_options(data=data, store=store, device=device, offline=offline))
    if as_json:
        print_json(found.to_dict())
    else:
        make_console().print(_page(found))


def _page(found: Findings) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in (*_machine(found), *_installation(found), *_places(found)):
        table.add_row(name, Text(value))
    return Group(table, Text(""), _studies(found.studies))


def _machine(found: Findings) -> list[tuple[str, str]]:
    from xstilts.report.elements.formatting import plural, size

    machine = found.machine
    of_all = "" if machine.cores == machine.all_cores else f" of {machine.all_cores}"
    has = f", with {', '.join(machine.instructions)}" if machine.instructions else ""
    gpus = ", ".join(f"{one.name} ({size(one.memory)}, compute capability {one.capability})" for one in machine.gpus)
    return [
        ("processor", f"{machine.processor or 'unknown'}, {plural(machine.cores, 'core')}{of_all}{has}"),
        ("memory", size(machine.memory)),
        ("GPU", gpus or "none that torch can use"),
        ("threads", f"{machine.threads} for one step, by {machine.threads_from}"),
        ("precision", f"auto is {machine.precision}: {machine.precision_reason}"),
    ]


def _installation(found: Findings) -> list[tuple[str, str]]:
    versions, extras = found.installation.versions, found.installation.extras
    said = [f"{name}: {'missing ' + ', '.join(missing) if missing else 'here'}" for name, missing in extras.items()]
    return [
        ("versions", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("extras", "; ".join(said) or "none declared"),
    ]


def _places(found: Findings) -> list[tuple[str, str]]:
    from xstilts.report.elements.formatting import plural, size

    store, network = found.store, found.network
    holds = f"{plural(store.steps, 'step')}, {size(store.bytes)}" if store.exists else "not there yet"
    may = "" if store.writable else "; it cannot be written to"
    folders = [f"{one.folder} ({one.entries} files and folders)" for one in found.data]
    reason = f" ({network.reason})" if network.reason else ""
    return [
        ("store", f"{store.folder}: {holds}; {size(store.free)} free{may}"),
        ("data", ", ".join(folders) or "no folder; --data DIR or XSTILTS_DATA names some"),
        ("network", f"{network.state}: {network.address}{reason}"),
    ]


def _studies(studies: tuple[StudyNeeds, ...]) -> RenderableType:
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("study, scale", "encoder"):
        table.add_column(name, no_wrap=True)
    for name in ("here", "sample", "fetch", "hand"):
        table.add_column(name, justify="right", no_wrap=True, min_width=len(name))
    table.add_column("offline", no_wrap=True, min_width=7)
    for one in studies:
        encoder = one.encoder.rpartition("/")[2] + ("" if one.encoder_is_here else " *")
        counts = (one.here, one.samples, one.to_fetch, one.missing)
        runs = Text("yes", style="green") if one.runs_offline else Text("no", style="yellow")
        table.add_row(f"{one.study} {one.scale}".strip(), Text(encoder), *map(str, counts), runs)
    legend = Text(
        "Files (one for a language of a task): here, packaged samples, to fetch, to be had by hand. offline: it runs "
        "without a network. * the encoder is to be fetched.",
        style="dim",
    )
    return Group(table, legend)
