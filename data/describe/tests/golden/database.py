"""Types of the database. Made by `mobo gen:types`; not to be edited."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Literal, Optional, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

PublicOrderState = Literal["open", "paid", "IN TRANSIT", "done"]

StaffShift = Literal["early", "late"]


class PublicAddress(TypedDict):
    """The composite type `address`."""

    street: Optional[str]
    city: Optional[str]
    geo: Optional[List[float]]


class PublicOpenOrdersRow(TypedDict):
    """A row of the view `open orders`."""

    id: Optional[int]
    person_id: Optional[str]
    size: Optional[int]


class PublicOpenOrdersInsert(TypedDict):
    """What a new row of `open orders` says."""

    id: NotRequired[Optional[int]]
    person_id: NotRequired[Optional[str]]


class PublicOpenOrdersUpdate(TypedDict):
    """What a change of `open orders` says; what is left out stays."""

    id: NotRequired[Optional[int]]
    person_id: NotRequired[Optional[str]]


class PublicOrderLinesRow(TypedDict):
    """A row of the table `order_lines`."""

    order_id: int
    line: int
    what: str
    count: int


class PublicOrderLinesInsert(TypedDict):
    """What a new row of `order_lines` says."""

    order_id: int
    line: int
    what: str
    count: NotRequired[int]


class PublicOrderLinesUpdate(TypedDict):
    """What a change of `order_lines` says; what is left out stays."""

    order_id: NotRequired[int]
    line: NotRequired[int]
    what: NotRequired[str]
    count: NotRequired[int]


# A row of the table `orders`.
PublicOrdersRow = TypedDict(
    "PublicOrdersRow",
    {
        "id": "int",
        "person_id": "str",
        "state": "PublicOrderState",
        "states": "Optional[List[PublicOrderState]]",
        "total": "float",
        "rate": "Optional[float]",
        "note": "Optional[str]",
        "days": "Optional[str]",
        "words": "Optional[str]",
        "type": "int",
        "ship-to": "Optional[PublicAddress]",
    },
)


# What a new row of `orders` says.
PublicOrdersInsert = TypedDict(
    "PublicOrdersInsert",
    {
        "person_id": "str",
        "state": "NotRequired[PublicOrderState]",
        "states": "NotRequired[Optional[List[PublicOrderState]]]",
        "total": "NotRequired[float]",
        "rate": "NotRequired[Optional[float]]",
        "note": "NotRequired[Optional[str]]",
        "days": "NotRequired[Optional[str]]",
        "type": "NotRequired[int]",
        "ship-to": "NotRequired[Optional[PublicAddress]]",
    },
)


# What a change of `orders` says; what is left out stays.
PublicOrdersUpdate = TypedDict(
    "PublicOrdersUpdate",
    {
        "person_id": "NotRequired[str]",
        "state": "NotRequired[PublicOrderState]",
        "states": "NotRequired[Optional[List[PublicOrderState]]]",
        "total": "NotRequired[float]",
        "rate": "NotRequired[Optional[float]]",
        "note": "NotRequired[Optional[str]]",
        "days": "NotRequired[Optional[str]]",
        "type": "NotRequired[int]",
        "ship-to": "NotRequired[Optional[PublicAddress]]",
    },
)


class PublicPeopleRow(TypedDict):
    """Customers"""

    id: str
    email: str
    name: Optional[str]
    home: Optional[PublicAddress]
    is_vip: bool
    settings: Json
    invited_by: Optional[str]
    created_at: str


class PublicPeopleInsert(TypedDict):
    """What a new row of `people` says."""

    id: NotRequired[str]
    email: str
    name: NotRequired[Optional[str]]
    home: NotRequired[Optional[PublicAddress]]
    is_vip: NotRequired[bool]
    settings: NotRequired[Json]
    invited_by: NotRequired[Optional[str]]
    created_at: NotRequired[str]


class PublicPeopleUpdate(TypedDict):
    """What a change of `people` says; what is left out stays."""

    id: NotRequired[str]
    email: NotRequired[str]
    name: NotRequired[Optional[str]]
    home: NotRequired[Optional[PublicAddress]]
    is_vip: NotRequired[bool]
    settings: NotRequired[Json]
    invited_by: NotRequired[Optional[str]]
    created_at: NotRequired[str]


class PublicSalesRow(TypedDict):
    """A row of the view `sales`."""

    day: Optional[str]
    total: Optional[float]


class PublicAddArgs(TypedDict):
    """What the function `add` takes."""

    a: int
    b: NotRequired[int]


class PublicCloseDayArgs(TypedDict):
    """What the function `close_day` takes."""

    day: str


class PublicEitherArgs(TypedDict):
    """What the function `either` takes."""

    x: str


class PublicOrdersOfArgs(TypedDict):
    """What the function `orders_of` takes."""

    person: str
    states: NotRequired[List[PublicOrderState]]


class PublicSearchArgs(TypedDict):
    """What the function `search` takes."""

    query: str
    most: int


class StaffEmptyRow(TypedDict):
    """A row of the table `empty`."""


class StaffEmptyInsert(TypedDict):
    """What a new row of `empty` says."""


class StaffEmptyUpdate(TypedDict):
    """What a change of `empty` says; what is left out stays."""


class StaffMembersRow(TypedDict):
    """A row of the table `members`."""

    id: int
    shift: StaffShift
    serves: Optional[PublicOrderState]
    salary: Optional[float]


class StaffMembersInsert(TypedDict):
    """What a new row of `members` says."""

    id: NotRequired[int]
    shift: StaffShift
    serves: NotRequired[Optional[PublicOrderState]]
    salary: NotRequired[Optional[float]]


class StaffMembersUpdate(TypedDict):
    """What a change of `members` says; what is left out stays."""

    id: NotRequired[int]
    shift: NotRequired[StaffShift]
    serves: NotRequired[Optional[PublicOrderState]]
    salary: NotRequired[Optional[float]]
