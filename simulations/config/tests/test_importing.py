"""Payment files: what is taken, in which order; and everything that is refused, with its line."""

from itertools import pairwise

import numpy as np
import pytest

from simulations.config.clock import DayClock
from simulations.config.importing import (
    PaymentFileRefused,
    inspect,
    openings,
    read_participants,
    read_payments,
)
from simulations.config.liquidity import liquidity_bounds

OURS = "id,sender,receiver,amount,arrival_tick\n"
TIMED = "sender,receiver,amount,time\n"
CLOCK = DayClock(8 * 3600, 18 * 3600, 10)


@pytest.fixture
def take(tmp_path):
    """Return a function that writes a file and reads it as a scenario of banks A, B, C would."""

    def read(content, *, clock=CLOCK, num_days=1, decimals=2, rails=("RTGS", "ACH")):
        path = tmp_path / "payments.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read_payments(
            path,
            agents=["A", "B", "C"],
            rails=list(rails),
            clock=clock,
            ticks_per_day=10,
            num_days=num_days,
            decimals=decimals,
        )

    return read


def ids(columns):
    text, offsets = columns["id_bytes"].tobytes().decode(), columns["id_offsets"].tolist()
    return [text[a:b] for a, b in pairwise(offsets)]


def test_every_column_arrives(take):
    columns = take(
        "id,sender,receiver,amount,arrival_tick,deadline_tick,priority,rail,divisible\n"
        "P1,A,B,500,0,9,8,ACH,true\n"
        ",B,C,1000000000000000,9,,,,\n"
    )
    assert ids(columns) == ["P1", ""]
    plain = {name: columns[name].tolist() for name in columns if not name.startswith("id_")}
    assert plain == {
        "sender": [0, 1],
        "receiver": [1, 2],
        "amount": [500, 10**15],
        "arrival_tick": [0, 9],
        "deadline_tick": [9, -1],
        "priority": [8, 5],
        "rail": [1, -1],
        "divisible": [1, 0],
    }


def test_ids_of_every_length_arrive_whole(take):
    given = ["A", "", "b" * 64, "c.:-_9", "d" * 8, "e" * 9, "f" * 16, "y" * 63]
    rows = "".join(f"{identity},A,B,1,{tick}\n" for tick, identity in enumerate(given))
    assert ids(take(OURS + rows)) == given
    assert ids(take(OURS + ",A,B,1,0\n,A,B,1,1\n")) == ["", ""]


@pytest.mark.parametrize("given", [["b", "a", "b"], ["x" * 40, "a", "x" * 39, "x" * 40]])
def test_an_id_that_stands_twice_is_refused_whatever_its_length(take, given):
    rows = "".join(f"{identity},A,B,1,0\n" for identity in given)
    with pytest.raises(PaymentFileRefused, match="stands in an earlier row") as refused:
        take(OURS + rows)
    assert [row.line for row in refused.value.rows] == [len(given) + 1]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeff" + OURS + "P1,A,B,5,0\n",
        OURS.replace("\n", "\r\n") + "P1,A,B,5,0\r\n",
        (OURS + "P1,A,B,5,0").replace(",", ";"),
        "\n\n" + OURS + "\nP1,A,B,5,0\n\n",
        OURS + '"P1","A","B","5","0"\n',
        "Amount,ID,Receiver,Sender,Arrival_Tick\n5,P1,B,A,0\n",
    ],
    ids=["bom", "crlf", "semicolons", "blank lines", "quotes", "another order"],
)
def test_the_ways_of_spreadsheets_are_read(take, content):
    columns = take(content)
    assert ids(columns) == ["P1"]
    assert [columns[name].tolist() for name in ("sender", "receiver", "amount")] == [[0], [1], [5]]


def test_rows_with_ticks_keep_the_order_of_the_file(take):
    assert take(OURS + "P1,A,B,1,9\nP2,A,B,2,0\nP3,A,B,3,9\n")["amount"].tolist() == [1, 2, 3]


def test_rows_with_clock_times_are_ordered_by_day_time_and_line(take):
    columns = take(
        "ID,date,time,value,from,to\n"
        "P1,2026-01-06,08:00:00,1.00,A,B\n"
        "P2,2026-01-05,17:59:59,2.00,A,B\n"
        "P3,2026-01-05,09:00,3,A,B\n"
        "P4,2026-01-05,09:00:00,4.5,A,B\n",
        num_days=2,
    )
    assert ids(columns) == ["P3", "P4", "P2", "P1"]
    assert columns["amount"].tolist() == [300, 450, 200, 100]
    assert columns["arrival_tick"].tolist() == [1, 1, 9, 10]


@pytest.mark.parametrize(
    ("time", "tick"),
    [("08:00", 0), ("08:59:59.999999", 0), ("09:00", 1), ("9:00", 1), ("17:00", 9), ("17:59:59", 9)],
)
def test_a_clock_time_falls_into_its_tick(take, time, tick):
    assert take(TIMED + f"A,B,5,{time}\n")["arrival_tick"].tolist() == [tick]


@pytest.mark.parametrize(
    ("value", "decimals", "cents"),
    [
        ("5.07", 2, 507),
        ("5.0700", 2, 507),
        ("0.01", 2, 1),
        ("2816156.62", 2, 281615662),
        ("12", 2, 1200),
        ("12", 0, 12),
        ("12.0", 0, 12),
        ("1.234", 3, 1234),
        ("10000000000000", 2, 10**15),
    ],
)
def test_currency_units_become_cents_exactly(take, value, decimals, cents):
    content = f"ID,date,time,value,from,to\nP1,2026-01-05,08:00:00,{value},A,B\n"
    assert take(content, decimals=decimals)["amount"].tolist() == [cents]


def test_a_decimal_comma_is_read_between_semicolons(take):
    content = "ID;date;time;value;from;to\nP1;2026-01-05;08:00:00;5,07;A;B\n"
    assert take(content)["amount"].tolist() == [507]


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("P1,X,B,5,0", 'sender "X" is no bank'),
        ("P1,,B,5,0", "sender nothing is no bank"),
        ("P1,A,b,5,0", 'receiver "b" is no bank'),
        ("P1,A,A,5,0", "pays itself"),
        ("P1,A,B,0,0", "integer of cents from 1"),
        ("P1,A,B,-5,0", 'found "-5"'),
        ("P1,A,B,5.0,0", 'found "5.0"'),
        ("P1,A,B,1e3,0", 'found "1e3"'),
        ("P1,A,B,five,0", 'found "five"'),
        ("P1,A,B,,0", "found nothing"),
        ("P1,A,B,1000000000000001,0", "from 1 to 1000000000000000"),
        ("P1,A,B,99999999999999999999999,0", "integer"),
        ("P1,A,B,5,10", "from 0 to 9"),
        ("P1,A,B,5,-1", "from 0 to 9"),
        ("P1,A,B,5,1.0", "from 0 to 9"),
        ("P 1,A,B,5,0", "id must be"),
        ("=1,A,B,5,0", "id must be"),
        ("P0,A,B,5,0", "earlier row"),
        ("P1,A,B,5", "expected number of columns"),
        ("P1,A,B,5,0,7", "expected number of columns"),
        ('"P1,A,B,5,0', "quote"),
    ],
)
def test_a_bad_row_is_refused_with_its_line(take, row, words):
    with pytest.raises(PaymentFileRefused) as refused:
        take(OURS + f"P0,A,B,5,0\n\n{row}\n")
    assert refused.value.total == 1
    [bad] = refused.value.rows
    assert bad.line == 4
    assert words in bad.reason


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("A,B,5,07:59:59", "outside the day"),
        ("A,B,5,18:00", "outside the day"),
        ("A,B,5,24:00", "time must be"),
        ("A,B,5,8", "time must be"),
        ("A,B,5,08:00:60", "time must be"),
        ("A,B,5,", "time must be"),
    ],
)
def test_a_time_that_is_none_or_outside_is_refused(take, row, words):
    with pytest.raises(PaymentFileRefused, match=words):
        take(TIMED + row + "\n")


@pytest.mark.parametrize(
    ("header", "row", "words"),
    [
        ("sender,receiver,amount,arrival_tick,deadline_tick", "A,B,5,3,2", "before the arrival"),
        ("sender,receiver,amount,arrival_tick,deadline_tick", "A,B,5,3,x", "deadline_tick must be"),
        ("sender,receiver,amount,arrival_tick,priority", "A,B,5,3,11", "priority must be"),
        ("sender,receiver,amount,arrival_tick,priority", "A,B,5,3,x", "priority must be"),
        ("sender,receiver,amount,arrival_tick,rail", "A,B,5,3,TIPS", "no rail"),
        ("sender,receiver,amount,arrival_tick,divisible", "A,B,5,3,maybe", "divisible must be"),
        ("sender,receiver,amount,time,day", "A,B,5,09:00,1", "beyond the 1 days"),
        ("sender,receiver,amount,time,day", "A,B,5,09:00,x", "beyond the 1 days"),
        ("sender,receiver,amount,time,date", "A,B,5,09:00,05.01.2026", "date must be"),
        ("ID,date,time,value,from,to", "P1,2026-01-05,09:00:00,5.075,A,B", "at most 2 decimal places"),
        ("ID,date,time,value,from,to", "P1,2026-01-05,09:00:00,-5,A,B", "an amount above 0"),
        ("ID,date,time,value,from,to", "P1,2026-01-05,09:00:00,0.00,A,B", "an amount above 0"),
        ("ID,date,time,value,from,to", "P1,2026-02-30,09:00:00,5,A,B", "date must be"),
    ],
)
def test_the_other_columns_are_checked_too(take, header, row, words):
    with pytest.raises(PaymentFileRefused, match=words) as refused:
        take(f"{header}\n{row}\n")
    assert refused.value.rows[0].line == 2


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        ("", "empty", 0),
        ("\n\n", "empty", 0),
        (OURS, "no payments", 1),
        ("id,sender,receiver,arrival_tick\nP1,A,B,0\n", "no column amount", 1),
        ("ID,date,time,from,to\n", "no column value", 1),
        ("sender,receiver,amount\nA,B,5\n", "neither arrival_tick nor time", 1),
        ("sender,receiver,amount,time,arrival_tick\n", "both arrival_tick and time", 1),
        ("sender,receiver,amount,arrival_tick,date\n", "belongs to time", 1),
        ("sender,receiver,amount,time,date,day\n", "both date and day", 1),
        ("sender,receiver,amount,arrival_tick,colour\n", "unknown column colour", 1),
        ("sender,sender,receiver,amount,arrival_tick\n", "sender twice", 1),
        (b"\xff\xfes\x00e\x00n\x00", "UTF-16", 1),
        (OURS.encode() + b"P\xe9,A,B,5,0\n", "UTF-8", 2),
        (OURS.encode() + b"P1,A,B,5,0\nP\x00,A,B,5,0\n", "NUL", 3),
        (OURS + "P1,A,B,5,0\n" + "x" * 70_000 + "\n", "longer than", 3),
        (OURS + "P1,A,B,5,0\n" + "x" * 70_000, "longer than", 3),
        ("x" * 9_000_000, "longer than", 1),
        (TIMED + "A,B,5,09:00\n", "day_start", 1),
    ],
)
def test_a_file_that_is_none_is_refused_whole(take, content, words, line):
    with pytest.raises(PaymentFileRefused, match=words) as refused:
        take(content, clock=None if words == "day_start" else CLOCK)
    assert refused.value.rows[0].line == line


def test_bad_rows_of_every_kind_are_told_together_in_order(take):
    with pytest.raises(PaymentFileRefused) as refused:
        take(OURS + "P1,A,B,x,0\nP2,A\nP3,X,B,1,0\nP4,A,B,1,0\nP4,A,B,1,0\nP5,A,B,1,0,0\nP6,A,B,1,77\n")
    assert [row.line for row in refused.value.rows] == [2, 3, 4, 6, 7, 8]
    assert refused.value.total == 6


def test_a_field_over_several_lines_does_not_shift_the_lines_of_others(take):
    with pytest.raises(PaymentFileRefused) as refused:
        take(OURS + 'P1,A,B,1,0\n"P\n\n2",A,B,1,0\nP3,A,B,1,0\nP4,X,B,1,0\n')
    assert [row.line for row in refused.value.rows] == [3, 7]


def test_more_dates_than_the_scenario_has_days_are_refused(take):
    rows = "".join(f"P{day},2026-01-0{day},09:00:00,1,A,B\n" for day in range(1, 5))
    with pytest.raises(PaymentFileRefused) as refused:
        take("ID,date,time,value,from,to\n" + rows, num_days=2)
    assert [row.line for row in refused.value.rows] == [4, 5]


def test_a_million_bad_rows_are_counted_and_the_first_told(take):
    with pytest.raises(PaymentFileRefused) as refused:
        take(OURS + "P1,A,B,-1,0\n" * 1_000_000)
    assert refused.value.total == 1_000_000
    assert [row.line for row in refused.value.rows] == list(range(2, 102))


def test_a_million_torn_rows_are_refused_in_bounded_space(take):
    with pytest.raises(PaymentFileRefused) as refused:
        take(OURS + "P1,A\n" * 1_000_000)
    assert refused.value.total == 1_000_000
    assert len(refused.value.rows) == 100


def test_a_file_tells_its_banks_days_and_the_liquidity_it_takes(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text(
        "ID,date,time,value,from,to\n"
        "P1,2026-01-05,08:00:00,1.30,A,B\n"
        "P2,2026-01-05,08:30:00,0.70,B,A\n"
        "P3,2026-01-06,09:30:00,0.90,A,B\n"
    )
    facts = inspect(path)
    assert (facts.dialect, facts.rows, facts.days, facts.value) == ("research", 3, 2, 290)
    assert (facts.first_time, facts.last_time) == ("08:00:00", "09:30:00")
    assert facts.upper == {"A": 130, "B": 0}
    assert facts.lower == {"A": 90, "B": 0}
    assert openings(facts, 0) == facts.lower
    assert openings(facts, 1) == facts.upper
    assert openings(facts, 0.5) == {"A": 110, "B": 0}


def test_a_file_with_bad_rows_has_no_facts(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("sender,receiver,amount,arrival_tick\na b,B,5,0\nA,B,5,0\n")
    with pytest.raises(PaymentFileRefused, match="line 2"):
        inspect(path)


def test_bounds_of_the_golden_day():
    # A pays B 100 and C 30, gets 100 back, and ends having paid 60 more than it received.
    sender = np.array([0, 0, 1, 1, 0, 2])
    receiver = np.array([1, 2, 2, 0, 2, 0])
    amount = np.array([100, 30, 70, 30, 50, 90])
    upper, lower = liquidity_bounds(sender, receiver, amount, np.zeros(6, dtype=np.int64), 3)
    assert upper.tolist() == [150, 0, 0]
    assert lower.tolist() == [60, 0, 0]


def test_participants_are_read_or_refused_with_their_lines(tmp_path):
    path = tmp_path / "banks.csv"
    path.write_text("id,balance,credit_limit\nA,100,0\nB,-5,50\n")
    assert [(bank.id, bank.balance, bank.credit_limit) for bank in read_participants(path)] == [
        ("A", 100, 0),
        ("B", -5, 50),
    ]
    path.write_text("id,balance,credit_limit\nA,1.5,0\nA,1,0\nA,1,0\nb,1,0\nC,1,-1\nD,1\n")
    with pytest.raises(PaymentFileRefused) as refused:
        read_participants(path)
    assert [row.line for row in refused.value.rows] == [2, 4, 5, 6, 7]
    path.write_text("id,balance\nA,1\n")
    with pytest.raises(PaymentFileRefused, match="credit_limit"):
        read_participants(path)
