"""Days, years, times of day, and figures that stand for a name: telephone numbers and codes.

American order: the month comes first in ``3/4/2020``. Where the day may come first as well, both are among the ways,
and the reading counts as doubtful.
"""

from __future__ import annotations

import re
from functools import cache

from visalign.language.normalisation.english_figures import (
    BLANK,
    GAP,
    MAYBE_GAP,
    RANGE,
    STOP,
    Rule,
    Said,
    by_pattern,
)
from visalign.language.normalisation.english_numbers import cardinal, digits, number, ordinal, plural, year
from visalign.language.normalisation.english_tables import english_tables, one_of
from visalign.language.normalisation.ways import Ways, distinct, sequence

__all__ = ["date_rules", "month_rules", "time_rules"]

_SUFFIX = "(?:st|nd|rd|th)"
_DAY = r"(?:0?[1-9]|[12][0-9]|3[01])(?![0-9])"
_DAYS = rf"(?P<day>{_DAY})(?:{_SUFFIX}\b)?(?:{RANGE}(?P<last>{_DAY})(?:{_SUFFIX}\b)?)?"
_YEAR = rf"(?:,?{GAP}(?P<year>[12][0-9]{{3}}){STOP})"
_HALF = rf"(?P<half>[AaPp])\.?{BLANK}?[Mm](?![^\W_])(?:\.(?![^\W_]))?"
_CAPITALISED = "(?=[A-Z])(?i:{})"
_TO = ["to", "through"]


def _month_names() -> Ways:
    return list(english_tables().months.values())[:12]


def _year_of(figures: str) -> Ways:
    if len(figures) == 4:
        return year(figures) if 1000 <= int(figures) <= 2999 else cardinal(figures)
    short = [f"oh {cardinal(figures[1])[0]}"] if figures[0] == "0" else cardinal(figures)
    century = "20" if int(figures) < 50 else "19"
    return distinct(year(f"{century}{figures}")[:1], short, year(f"{century}{figures}"))


def _month_and_day(month: int, day: int) -> Ways:
    name = _month_names()[month - 1]
    first = ordinal(str(day))[0]
    return [f"{name} {first}", f"the {first} of {name}", f"{name} the {first}", f"{name} {cardinal(str(day))[0]}"]


def _dated(found: re.Match[str]) -> Said | None:
    """Three figures: month, day and year, in the American order, or the other one where that is impossible."""
    first, second, years = int(found["first"]), int(found["second"]), found["year"]
    usual = 1 <= first <= 12 and 1 <= second <= 31
    reverse = 1 <= second <= 12 and 1 <= first <= 31
    if not (usual or reverse):
        return None
    point = found["sign"] == "."  # 12.5.2020 has the day first wherever it is written
    orders = [(first, second)] * usual + [(second, first)] * reverse
    orders = orders[::-1] if point else orders
    days = [_month_and_day(month, day) for month, day in dict.fromkeys(orders)]
    said = _year_of(years)
    plainly = sequence(number(str(first))[:1], number(str(second))[:1], said[:2])
    usually, otherwise = zip(*((way[:1], way[1:3]) for way in days), strict=True)
    spoken = [sequence(way, said[:2]) for way in usually]
    ways = distinct(*spoken, plainly, *(sequence(way, said[:1]) for way in otherwise))
    return Said(found.end(), ways, is_doubtful=usual and reverse and first != second)


def _iso(found: re.Match[str]) -> Ways:
    days = _month_and_day(int(found["month"]), int(found["day"]))
    said = _year_of(found["year"])
    return distinct(sequence(days, said[:2]), sequence(said[:1], days[:1]))


def _numeric_date(text: str, at: int) -> Said | None:
    found = _NUMERIC_DATE.match(text, at)
    return _dated(found) if found else None


_NUMERIC_DATE = re.compile(
    rf"(?P<first>[0-9]{{1,2}})(?P<sign>[/.-])(?P<second>[0-9]{{1,2}})(?P=sign)(?P<year>[0-9]{{4}}|[0-9]{{2}}){STOP}"
)


def _one_by_one(found: re.Match[str]) -> Ways:
    plus = ["plus", ""] if found[0][0] == "+" else [""]
    ways = sequence(plus, digits(found[0]))
    if found[0].lstrip("+1").lstrip(" -.(").startswith("800"):
        prefix = digits(found[0].split("800")[0])
        ways = ways[:1] + sequence(prefix[:1], ["eight hundred"], digits(found[0].split("800", 1)[1])) + ways[1:]
    return ways


def _toll_free(found: re.Match[str]) -> Ways:
    return sequence(["one"], distinct(cardinal(found[1])[:1], digits(found[1])))


@cache
def date_rules() -> tuple[Rule, ...]:
    """Telephone numbers, dates, ordinals and decades, in the order in which they are tried."""
    apart = r"[ .\u2011-]"
    phone = (
        rf"(?:\+?[0-9]{{1,3}}{apart}{{1,2}})?\(?[0-9]{{3}}\)?{apart}{{0,2}}[0-9]{{3}}{apart}[0-9]{{4}}{STOP}"
        rf"|[0-9]{{3}}-[0-9]{{4}}{STOP}"
        rf"|\+[0-9]{{1,4}}(?:{apart}{{0,2}}\(?[0-9]{{2,5}}\)?){{2,5}}{STOP}"
    )
    iso_day = r"(?P<month>0[1-9]|1[0-2])(?P=sign)(?P<day>0[1-9]|[12][0-9]|3[01])"
    iso = rf"(?P<year>[12][0-9]{{3}})(?P<sign>[-/.]){iso_day}{STOP}"
    month = _CAPITALISED.format(f"(?P<month>{one_of(english_tables().months)})")
    places = r"(?P<n>[0-9,]{1,19})" + _SUFFIX + r"\b"
    decade = r"(?P<n>[0-9]{1,3}0)['’]?s\b"
    return (
        by_pattern(phone, _one_by_one),
        by_pattern(r"1-(8[0-9]{2})(?=-[A-Z]{3})", _toll_free),
        by_pattern(iso, _iso),
        _numeric_date,
        by_pattern(rf"{_DAYS}{GAP}(?:of{GAP})?{month}\b\.?{_YEAR}?", _day_first),
        by_pattern(rf"{places}(?:{RANGE}{places.replace('<n>', '<last>')})?", _ordinals),
        by_pattern(rf"{decade}(?:{RANGE}{decade.replace('<n>', '<last>')})?", _decades),
        by_pattern(r"(?P<n>[0-9]{1,4})['’]?s\b", _plurals),
        by_pattern(r"['’](?P<n>[0-9]0)['’]?s\b", _decades),
        by_pattern(rf"['’](?P<year>[0-9]{{2}}){RANGE}['’]?(?P<last>[0-9]{{2}}){STOP}", _short_years),
        by_pattern(rf"['’](?P<year>[0-9]{{2}}){STOP}", lambda found: _short_year(found["year"])),
    )


def _short_year(figures: str) -> Ways:
    short = [f"oh {cardinal(figures[1])[0]}"] if figures[0] == "0" else cardinal(figures)
    return distinct(short, _year_of(figures))


def _short_years(found: re.Match[str]) -> Ways:
    return sequence(_short_year(found["year"])[:1], [*_TO, ""], _short_year(found["last"])[:1])


def _ordinals(found: re.Match[str]) -> Ways:
    ends = [ordinal(x.replace(",", "")) for x in (found["n"], found["last"]) if x and x.strip(",")]
    return ends[0] if len(ends) == 1 else sequence(ends[0], _TO, ends[1]) if ends else []


def _decades(found: re.Match[str]) -> Ways:
    ends = [[plural(way) for way in number(x)[:3]] for x in (found["n"], found.groupdict().get("last")) if x]
    if re.fullmatch("10{2,}", found["n"]) and len(ends) == 1:  # 100s of people
        return [way.removeprefix("one ") for way in ends[0]]
    return ends[0] if len(ends) == 1 else sequence(ends[0][:1], ["to", "and", "through"], ends[1][:1])


def _plurals(found: re.Match[str]) -> Ways:
    figures = found["n"]
    seconds = sequence(cardinal(figures)[:1], ["second" if figures == "1" else "seconds"])
    return distinct([plural(way) for way in number(figures)[:4]], seconds)


def _day_first(found: re.Match[str]) -> Ways | None:
    month = english_tables().months.get(found["month"].lower())
    if month is None:
        return None
    days = [x for x in (found["day"], found["last"]) if x]
    firsts, plainly = [ordinal(x)[0] for x in days], [cardinal(x.lstrip("0"))[0] for x in days]
    said = [" to ".join(firsts), " to ".join(plainly)]
    with_of, without = f"{said[0]} of {month}", f"{said[0]} {month}"
    ways = [f"the {with_of}", with_of, f"{month} {said[0]}", f"{said[1]} {month}", without]
    written = found[0][: found.start("month") - found.start()]
    if re.search(r"[a-z]", written):  # 12th May, 12 of May: as it stands there
        ways.insert(0, with_of if "of" in written else without)
    years = _year_of(found["year"])[:3] if found["year"] else [""]
    return distinct(sequence(ways, years[:1]), sequence(ways[:3], years[1:]))


# ----------------------------------------------------------------------------------------------------------- months


@cache
def month_rules() -> tuple[Rule, ...]:
    """What may follow the name of a month."""
    names = one_of(english_tables().months)
    return (
        by_pattern(rf"(?i:(?P<month>{names}))\b\.?{GAP}(?:the{GAP})?{_DAYS}{STOP}{_YEAR}?", _month_first),
        by_pattern(rf"(?i:(?P<month>{names}))\b\.?,?{GAP}(?P<year>[12][0-9]{{3}}){STOP}", _month_of_year),
        by_pattern(rf"(?i:(?P<month>{names}))\b\.?{GAP}['’](?P<year>[0-9]{{2}}){STOP}", _month_of_year),
    )


def _month_first(found: re.Match[str]) -> Ways:
    month = english_tables().months[found["month"].lower()]
    days = [x for x in (found["day"], found["last"]) if x]
    firsts, plainly = [ordinal(x)[0] for x in days], [cardinal(x.lstrip("0"))[0] for x in days]
    said = [" to ".join(firsts), " to ".join(plainly), " through ".join(firsts)]
    ways = [f"{month} {said[0]}", f"{month} {said[1]}", f"{month} the {said[0]}", f"{month} {said[2]}"]
    years = _year_of(found["year"])[:3] if found["year"] else [""]
    return distinct(sequence(ways, years[:1]), sequence(ways[:2], years[1:]))


def _month_of_year(found: re.Match[str]) -> Ways:
    month, figures = english_tables().months[found["month"].lower()], found["year"]
    years = _short_year(figures) if len(figures) == 2 else _year_of(figures)
    return sequence([month], years)


# ------------------------------------------------------------------------------------------------------------ times


@cache
def time_rules() -> tuple[Rule, ...]:
    """Times of day, and other figures with a colon between them."""
    hour = r"(?P<hour>[01]?[0-9]|2[0-4])"
    time = rf"{hour}(?:(?P<colon>[:h])(?P<minute>[0-5][0-9])(?![0-9]|:[0-9]))?"
    return (
        _from_to,
        by_pattern(rf"{time}{MAYBE_GAP}{_HALF}", _with_half),
        by_pattern(rf"{hour}\.(?P<minute>[0-5][0-9]){MAYBE_GAP}{_HALF}", _with_half),
        by_pattern(rf"{hour}[:h](?P<minute>[0-5][0-9]){STOP}", lambda found: _clock(found["hour"], found["minute"])),
        by_pattern(rf"{hour}:(?P<minute>[0-5][0-9]):(?P<second>[0-5][0-9]){STOP}", _to_the_second, is_doubtful=True),
        by_pattern(rf"(?P<a>[0-9]{{1,3}}):(?P<b>[0-9]{{1,3}}){STOP}", _ratio),
    )


_SPAN = re.compile(
    rf"(?P<hour>[01]?[0-9]|2[0-4])(?::(?P<minute>[0-5][0-9]))?(?:{MAYBE_GAP}(?P<h1>[AaPp])\.?[Mm](?![^\W_])\.?)?{RANGE}"
    rf"(?P<hour2>[01]?[0-9]|2[0-4])(?::(?P<minute2>[0-5][0-9]))?(?:{MAYBE_GAP}(?P<h2>[AaPp])\.?[Mm](?![^\W_])\.?)?(?![0-9:])"
)


def _from_to(text: str, at: int) -> Said | None:
    """From one time to another, where one of them is a time for sure."""
    found = _SPAN.match(text, at)
    if not found or not (found["minute"] or found["minute2"] or found["h1"] or found["h2"]):
        return None
    ends = [
        sequence(_clock(hour, minute or "", bare=True)[:1], [f"{half.lower()} m" if half else ""])
        for hour, minute, half in (
            (found["hour"], found["minute"], found["h1"]),
            (found["hour2"], found["minute2"], found["h2"]),
        )
    ]
    return Said(found.end(), sequence(ends[0], ["to", "through", "until", ""], ends[1]))


def _with_half(found: re.Match[str]) -> Ways:
    letter, minute = found["half"].lower(), found["minute"] or ""
    halves = [f"{letter} m", f"{letter}.m."]
    # The lexicon has "a.m." as it is written.
    halves = halves if minute or "." not in found[0] else halves[::-1]
    hours = _clock(found["hour"], minute, bare=True)[:3]
    return sequence(hours, halves[:1]) + sequence(hours[:1], halves[1:])


def _clock(hour: str, minute: str, *, bare: bool = False) -> Ways:
    """An hour and its minutes; without "o'clock" where `bare`."""
    n = int(hour)
    said = ["zero", "oh", "twelve"] if n == 0 else cardinal(str(n))[:1]
    twelve = cardinal(str(n - 12))[:1] if 12 < n < 24 else []
    if not minute or minute == "00":
        if bare:
            return distinct(said, twelve)
        hundred = [f"{said[0]} hundred"] if len(hour) == 2 and n != 12 else []
        names = {0: ["midnight"], 12: ["noon", "twelve"]}.get(n, [])
        return distinct([f"{said[0]} o'clock"], said[:1], hundred, [f"{x} o'clock" for x in twelve], names)
    low = cardinal(str(int(minute)))[0]
    rest = f"oh {low}" if minute[0] == "0" else low
    ways = sequence(distinct(said, twelve), [rest])
    if bare or n == 0:
        return ways
    following = cardinal(str(n % 12 + 1))[0]
    past = twelve[0] if twelve else said[0]
    spoken = {"30": f"half past {past}", "15": f"quarter past {past}", "45": f"quarter to {following}"}
    minutes_past = [f"{low} past {past}"] if minute < "30" else []
    return distinct(ways, [spoken[minute]] if minute in spoken else [], minutes_past)


def _to_the_second(found: re.Match[str]) -> Ways:
    second = cardinal(str(int(found["second"])))[0]
    return sequence(_clock(found["hour"], found["minute"])[:2], [second, f"and {second} seconds"])


def _ratio(found: re.Match[str]) -> Ways:
    if found["b"][0] == "0" and len(found["b"]) > 1:  # 25:00 is neither a time nor a ratio
        return ()
    first, second = number(found["a"])[:2], number(found["b"])[:2]
    two = sequence(first[:1], ["to", ""], second[:1])
    return distinct(two, sequence(first[:1], ["by"], second[:1]), sequence(first, ["", "to"], second))
