"""Due dates by numpy's business days, to compare with the engine in Rust.

Reads lines from standard input:
    day,<calendar>,<yyyy-mm-dd>,<from-to from-to>     the shifts of a day, in minutes; none: off
    case,<calendar>,<start>,<terms>,<pauses>,<due>    instants in Unix seconds
with terms `<term/1000>:<unit>|…`, each from the end of the one before, and pauses `<from>-<to>|…`,
and prints each difference and their number. Working days are found by busday_offset, working hours
by bisecting a running sum of minutes, months by the calendar module: no walk through days.
"""

import bisect
import calendar
import datetime as dt
import sys

import numpy as np

OFFSET = 7 * 3600
CUT_OFF = 15 * 60
EPOCH = dt.date(1970, 1, 1)


class Year:
    """The worked days of a calendar."""

    def __init__(self):
        self.shifts = {}

    def ready(self):
        days = sorted(self.shifts)
        off = [day for day in days if not self.shifts[day]]
        self.busy = np.busdaycalendar(weekmask="1111111", holidays=off)
        self.worked = [day for day in days if self.shifts[day]]
        self.ends, total = [], 0
        for day in self.worked:
            total += minutes(self.shifts[day])
            self.ends.append(total)

    def offset(self, day, n, roll="forward"):
        return np.busday_offset(day, n, roll=roll, busdaycal=self.busy).astype(dt.date)

    def done_by(self, day, minute):
        """Minutes worked from the beginning of time until then."""
        at = bisect.bisect_left(self.worked, day)
        before = self.ends[at - 1] if at else 0
        of_day = self.shifts[day]
        return before + sum(max(0, min(to, minute) - begin) for begin, to in of_day)

    def when(self, total):
        at = bisect.bisect_left(self.ends, total)
        before = self.ends[at - 1] if at else 0
        day = self.worked[at]
        return day, minute_after(self.shifts[day], total - before)


def minutes(shifts):
    return sum(to - begin for begin, to in shifts)


def minute_after(shifts, left):
    for begin, to in shifts:
        if left <= to - begin:
            return begin + left
        left -= to - begin
    raise ValueError(left)


def up(a, b):
    return -(-a // b)


def civil(at):
    return EPOCH + dt.timedelta(days=(at + OFFSET) // 86400), (at + OFFSET) % 86400


def instant(day, minute):
    return (day - EPOCH).days * 86400 + minute * 60 - OFFSET


def closing(year, last):
    day = year.offset(last, 0)
    return instant(day, year.shifts[day][-1][1])


def due(year, start, terms, pauses):
    at = start
    for n, (milli, unit) in enumerate(terms):
        counted = at
        day, minute, last = end(year, at, milli, unit, n == 0)
        at = closing(year, last) if last else instant(day, minute)
        for come, gone in sorted(pauses):
            if come >= at:
                break
            come = max(come, counted)
            if gone <= come:
                continue
            counted = gone
            if last:
                days = civil(gone)[0] - civil(come)[0]
                if days:
                    last += days
                    at = closing(year, last)
            else:
                lost = done(year, gone) - done(year, come)
                if lost:
                    at = instant(*year.when(done(year, at) + lost))
    return at


def done(year, at):
    day, time = civil(at)
    return year.done_by(day, time // 60)


def end(year, start, milli, unit, reception):
    day, time = civil(start)
    if unit == "workingHour":
        return *year.when(year.done_by(day, time // 60) + up(milli * 60, 1000)), None
    if unit == "workingDay":
        shifts = year.shifts[day]
        in_time = not reception or (shifts and time <= min(CUT_OFF, shifts[-1][1]) * 60)
        received = day if in_time else year.offset(day + dt.timedelta(days=1), 0)
        whole, part = divmod(milli, 1000)
        if part == 0:
            last = year.offset(received, whole)
            return last, year.shifts[last][-1][1], None
        last = year.offset(received, whole + 1)
        shifts = year.shifts[last]
        return last, minute_after(shifts, up(minutes(shifts) * part, 1000)), None
    n = milli // 1000
    if unit == "day":
        last = day + dt.timedelta(days=n)
    else:
        months = day.year * 12 + day.month - 1 + n * (12 if unit == "year" else 1)
        y, m = months // 12, months % 12 + 1
        last = dt.date(y, m, min(day.day, calendar.monthrange(y, m)[1]))
    return None, None, last


def main():
    years, cases, different = {}, 0, 0
    for line in sys.stdin:
        kind, n, rest = line.rstrip("\n").split(",", 2)
        if kind == "day":
            day, shifts = rest.split(",")
            pairs = [tuple(map(int, shift.split("-"))) for shift in shifts.split()]
            years.setdefault(n, Year()).shifts[dt.date.fromisoformat(day)] = pairs
            continue
        if cases == 0:
            for year in years.values():
                year.ready()
        start, terms, pauses, expected = rest.split(",")
        terms = [(int(milli), unit) for milli, unit in (t.split(":") for t in terms.split("|"))]
        pauses = [tuple(map(int, pause.split("-"))) for pause in pauses.split("|") if pause]
        found = due(years[n], int(start), terms, pauses)
        cases += 1
        if found != int(expected):
            different += 1
            if different <= 20:
                print("different:", line.strip(), "numpy:", found)
    print(f"{cases} cases, {different} differences")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
