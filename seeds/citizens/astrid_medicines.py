"""Astrid's medicines as four sources tell of them: most agree, three do not."""

from __future__ import annotations

from seeds import clinical
from seeds import fjordvik as at
from seeds import staff as by
from seeds.chart import Chart
from seeds.shapes import Resource

# ATC, name, the dose every source gives, what it is for
AGREED = (
    ("C07AB02", "Metoprolol", "50 mg × 1 depot", "K78"),
    ("C09AA05", "Ramipril", "2,5 mg × 1", "K77"),
    ("A10BK03", "Empagliflozin", "10 mg × 1", "K77"),
    ("A10BA02", "Metformin", "500 mg × 2", "T90"),
    ("C10AA05", "Atorvastatin", "20 mg × 1", ""),
    ("N02BE01", "Paracetamol", "1 g × 3", "L75"),
)
SOURCES = ("fastlege", "sykehus", "multidose", "pasient")


def medicines(chart: Chart) -> None:
    """Add every statement from every source, and the list as it was last reconciled."""
    mine = [_told(chart, atc, name, dose, source, why) for atc, name, dose, why in AGREED for source in SOURCES]
    mine += [_told(chart, "R03BB04", "Tiotropium inh.", "18 µg × 1", source, "R95") for source in SOURCES[:3]]
    mine += _furosemide(chart) + _apixaban(chart)
    _told(
        chart,
        "M01AE01",
        "Ibuprofen",
        "400 mg ved smerter",
        "pasient",
        "",
        since=chart.clock.before(2),
        note="Uten resept, mot hoftesmerter. Om lag to tabletter daglig.",
    )
    by_gp = [key for key, source in mine if source == "fastlege"]
    clinical.reconciled(chart, by_gp, chart.clock.ago(172, "11.20"), by.JONAS)


def _furosemide(chart: Chart) -> list[tuple[str, str]]:
    drug = ("C03CA01", "Furosemid")
    return [
        _told(chart, *drug, "40 mg × 1", "fastlege", "K77"),
        _told(chart, *drug, "40 mg × 1", "multidose", "K77"),
        _told(
            chart,
            *drug,
            "40 mg × 2",
            "sykehus",
            "K77",
            since=chart.clock.before(3),
            until=chart.clock.after(4),
            note="I en uke, deretter 40 mg × 1.",
        ),
    ]


def _apixaban(chart: Chart) -> list[tuple[str, str]]:
    drug = ("B01AF02", "Apiksaban")
    return [
        _told(chart, *drug, "5 mg × 2", "fastlege", "K78"),
        _told(chart, *drug, "5 mg × 2", "multidose", "K78"),
        _told(
            chart,
            *drug,
            "2,5 mg × 2",
            "sykehus",
            "K78",
            since=chart.clock.before(3),
            note="Halvert: alder, vekt under 60 kg.",
        ),
    ]


def _told(
    chart: Chart,
    atc: str,
    name: str,
    dose: str,
    source: str,
    why: str,
    *,
    since: str = "",
    until: str = "",
    note: str = "",
) -> tuple[str, str]:
    asserted = {
        "fastlege": chart.clock.before(172),
        "sykehus": chart.clock.before(3),
        "multidose": chart.clock.before(3),
        "pasient": chart.clock.before(2),
    }[source]
    key = clinical.medicine(
        chart,
        atc,
        name,
        dose,
        source,
        _teller(chart, source),
        since=since or "2024-03-18",
        until=until,
        asserted=asserted,
        why=f"Condition/{chart.of.key}-{why}" if why else "",
        note=note,
    )
    return key, source


def _teller(chart: Chart, source: str) -> Resource:
    return {
        "fastlege": by.JONAS.link,
        "sykehus": at.SYKEHUS.link,
        "multidose": at.APOTEK.link,
        "pasient": chart.of.link,
    }[source]
