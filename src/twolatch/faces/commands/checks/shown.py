"""What people are shown: the facts of regions, and the files that are built."""

from collections.abc import Iterator
from datetime import UTC, datetime

from twolatch.faces.commands.checks.finding import Finding, Round, bad, note, warning


def regions(asked: Round) -> Iterator[Finding]:
    from twolatch.app import regions_of

    try:
        known = regions_of(asked.settings)
    except ValueError as fault:
        yield bad("regions.unusable", f"{fault}.", "docs/operations/regions.md explains every field.")
        return
    samples = [one.id for one in known.every if one.is_sample]
    if samples and asked.is_real:
        says = f"Clients are shown made-up addresses ({', '.join(samples)})."
        yield bad("regions.samples", says, "Set TWOLATCH_REGIONS to a folder of yours: docs/operations/regions.md.")
    year = datetime.fromtimestamp(asked.now / 1000, UTC).year
    for one in known.every:
        if one.closed_on and max(one.closed_on) < f"{year}":
            says = f"The days off of region {one.id} end in {max(one.closed_on)[:4]}: parcels are promised too early."
            yield warning("regions.past_year", says, f"Add this year's days to `closed_on` in {one.id}.toml.")


def portal(asked: Round) -> Iterator[Finding]:
    from twolatch.faces.portal.assets import AssetsMissing, load

    settings = asked.settings
    try:
        load(settings.brand_color, settings.brand_logo)
    except AssetsMissing as fault:
        yield bad("portal.not_built", f"{fault}.", "`make app`, or install the wheel, which carries them.")
    except (OSError, ValueError) as fault:
        yield bad("portal.logo", f"The logo cannot be read: {fault}.", "Mend TWOLATCH_BRAND_LOGO.")
    if asked.is_real and not settings.support:
        says = "Pages that send people to support do not say how to reach it."
        yield note("portal.support", says, "Set TWOLATCH_SUPPORT to a telephone number or an address.")


def phone_app(_asked: Round) -> Iterator[Finding]:
    from twolatch.faces.phone_app.pages import AppNotBuilt, PhoneApp

    try:
        PhoneApp()
    except AppNotBuilt as fault:
        yield bad("phone.not_built", f"{fault}.", "`make app`, or install the wheel, which carries it.")
