"""The kinds of value a scenario holds: money, decimal rates, clock times; each with its JSON Schema."""

from __future__ import annotations

import datetime
import re
import zoneinfo
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    PlainValidator,
    StrictInt,
    StrictStr,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from simulations.config.clock import CLOCK_TIME

MAX_AMOUNT = 10**15
MAX_TOTAL = 9 * 10**18
MAX_PLACES = 9
_DIGITS = {"type": "string", "pattern": r"^[0-9]+(\.[0-9]+)?$"}


def _id_text(value: Any) -> Any:
    """Let a bank be called 12, which JSON and YAML read as a number."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else value


# Money is whole minor units. Plain `int` would take 1000.0, "1000" and true.
Cents = Annotated[StrictInt, Field(ge=0, le=MAX_AMOUNT)]
PositiveCents = Annotated[StrictInt, Field(ge=1, le=MAX_AMOUNT)]
SignedCents = Annotated[StrictInt, Field(ge=-MAX_AMOUNT, le=MAX_AMOUNT)]
Balance = Annotated[StrictInt, Field(ge=-MAX_TOTAL, le=MAX_TOTAL)]
Line = Annotated[StrictInt, Field(ge=0, le=MAX_TOTAL)]
AgentId = Annotated[StrictStr, BeforeValidator(_id_text), Field(pattern=r"^[A-Z0-9_]{1,32}$")]
RailId = Annotated[StrictStr, BeforeValidator(_id_text), Field(pattern=r"^[A-Za-z0-9_.:-]{1,32}$")]
PaymentId = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
PaymentName = Annotated[StrictStr, Field(pattern=r"^[A-Za-z0-9_.:/-]{1,80}$")]
Ticks = Annotated[StrictInt, Field(ge=0, le=86_400 * 366)]
TickNumber = Annotated[StrictInt, Field(ge=0, lt=86_400 * 366)]
DeadlineTick = Annotated[StrictInt, Field(ge=0, le=2**32 - 2)]
DayTick = Annotated[StrictInt, Field(ge=0, lt=86_400)]
Priority = Annotated[StrictInt, Field(ge=0, le=10)]


def decimal(least: int, most: int, *, above: bool = False, places: int = MAX_PLACES) -> Any:
    """Return the type of an exact decimal: a number, or the same written as text; kept as it was given.

    A float stands for its shortest decimal form. `above` excludes `least` itself.
    """
    allowed = f"a number {'above' if above else 'from'} {least} to {most}"

    def check(value: Any) -> Any:
        number = _number(value, allowed)
        if not least <= number <= most or (above and number == least):
            raise PydanticCustomError("out_of_range", "must be {allowed}", {"allowed": allowed})
        if -_exponent(number) > places:
            raise PydanticCustomError(
                "too_many_places",
                "has more than {places} decimal places",
                {"places": places, "allowed": f"at most {places} decimal places"},
            )
        return value

    number: dict[str, Any] = {"type": "number", "exclusiveMinimum" if above else "minimum": least}
    number["maximum"] = most
    return Annotated[Any, PlainValidator(check), WithJsonSchema({"anyOf": [number, _DIGITS]})]


def _number(value: Any, allowed: str) -> Decimal:
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = Decimal(repr(value))
    elif isinstance(value, str) and re.fullmatch(r"[0-9]{1,20}(\.[0-9]{1,20})?", value):
        number = Decimal(value)
    else:
        raise PydanticCustomError("not_a_number", "must be {allowed}", {"allowed": allowed})
    if not number.is_finite():
        raise PydanticCustomError("not_a_number", "must be {allowed}", {"allowed": allowed})
    return number


def _exponent(number: Decimal) -> int:
    try:
        exponent = number.normalize().as_tuple().exponent
    except InvalidOperation:
        return 0
    return exponent if isinstance(exponent, int) else 0


Rate = decimal(0, 1)
CostMultiplier = decimal(0, 100, places=2)
RateMultiplier = decimal(0, 1000)
Weight = decimal(0, 10**6)
ArrivalRate = decimal(0, 10**6, above=True)


def _priorities(value: Any) -> Any:
    """Check `5` or `{5: 0.8, 9: 0.2}`."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10:
        return value
    if isinstance(value, dict) and value:
        for key, weight in value.items():
            if not re.fullmatch(r"[0-9]|10", str(key)):
                break
            if not 0 <= _number(weight, "a weight of 0 or more") <= 10**6:
                break
        else:
            return {str(key): weight for key, weight in value.items()}
    allowed = "a priority from 0 to 10, or a map of priorities to weights"
    raise PydanticCustomError("priority", "must be {allowed}", {"allowed": allowed})


Priorities = Annotated[
    Any,
    PlainValidator(_priorities),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "integer", "minimum": 0, "maximum": 10},
                {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": False,
                    "patternProperties": {
                        "^([0-9]|10)$": {"anyOf": [{"type": "number", "minimum": 0}, _DIGITS]}
                    },
                },
            ]
        }
    ),
]


def _clock(value: str) -> str:
    if CLOCK_TIME.fullmatch(value) is None:
        allowed = 'a quoted clock time such as "08:00"; "24:00" ends a day'
        raise PydanticCustomError("clock_time", "must be {allowed}", {"allowed": allowed})
    return value


def _date(value: str) -> str:
    try:
        if len(value) == 10:
            datetime.date.fromisoformat(value)
            return value
    except ValueError:
        pass
    raise PydanticCustomError("date", "must be {allowed}", {"allowed": "a date such as 2026-01-05"})


def _zone(value: str) -> str:
    if value in zoneinfo.available_timezones():
        return value
    allowed = "a time zone such as Europe/Helsinki or UTC"
    raise PydanticCustomError("timezone", "must be {allowed}", {"allowed": allowed})


ClockTime = Annotated[
    StrictStr,
    AfterValidator(_clock),
    WithJsonSchema({"type": "string", "pattern": f"^({CLOCK_TIME.pattern})$"}),
]
Date = Annotated[StrictStr, AfterValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
ZoneName = Annotated[StrictStr, AfterValidator(_zone)]
