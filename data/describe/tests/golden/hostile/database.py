"""Types of the database. Made by `mobo gen:types`; not to be edited."""

from __future__ import annotations

import sys
from typing import Any, Dict, List, Literal, Optional, TypedDict, Union

if sys.version_info >= (3, 11):
    from typing import NotRequired
else:
    from typing_extensions import NotRequired

Json = Union[None, bool, int, float, str, List[Any], Dict[str, Any]]

PublicNothing = str

PublicOption_ = Literal["kind"]

PublicOptionKind = Literal["y"]

PublicString_ = Literal["x"]

PublicType_ = Literal["", "a\"b", "1", "a-b", "a_b", "None", "class", "$x", "back\\slash", "it's", "تست", "Self"]


# The composite type `a"c`.
PublicAC = TypedDict(
    "PublicAC",
    {
        "class": "Optional[str]",
        "user-id": "Optional[int]",
    },
)


class PublicABRow(TypedDict):
    """A row of the table `A-B`."""

    id: Optional[int]


class PublicABInsert(TypedDict):
    """What a new row of `A-B` says."""

    id: NotRequired[Optional[int]]


class PublicABUpdate(TypedDict):
    """What a change of `A-B` says; what is left out stays."""

    id: NotRequired[Optional[int]]


class PublicABRow2(TypedDict):
    """A row of the table `a\"b`."""

    id: Optional[int]


class PublicABInsert2(TypedDict):
    """What a new row of `a\"b` says."""

    id: NotRequired[Optional[int]]


class PublicABUpdate2(TypedDict):
    """What a change of `a\"b` says; what is left out stays."""

    id: NotRequired[Optional[int]]


# */ """ \ $x `y`
PublicClassRow = TypedDict(
    "PublicClassRow",
    {
        "type": "PublicType_",
        "user_id": "int",
        "user-id": "Optional[int]",
        "userId": "Optional[int]",
        "self": "Optional[bool]",
        "1st": "Optional[str]",
        "a\"b": "Optional[PublicAC]",
        "it's": "Optional[str]",
        "x*/y": "Optional[str]",
        "line\nbreak": "Optional[str]",
        "$name": "Optional[str]",
        "back\\slash": "Optional[str]",
        "`tick`": "Optional[str]",
        "a,b": "Optional[str]",
        "__secret": "Optional[str]",
        "None": "Optional[str]",
        "select": "Optional[str]",
        "تست": "Optional[List[str]]",
        "{id}": "Optional[List[PublicType_]]",
    },
)


# What a new row of `class` says.
PublicClassInsert = TypedDict(
    "PublicClassInsert",
    {
        "type": "PublicType_",
        "user_id": "int",
        "user-id": "NotRequired[Optional[int]]",
        "userId": "NotRequired[Optional[int]]",
        "self": "NotRequired[Optional[bool]]",
        "1st": "NotRequired[Optional[str]]",
        "a\"b": "NotRequired[Optional[PublicAC]]",
        "it's": "NotRequired[Optional[str]]",
        "x*/y": "NotRequired[Optional[str]]",
        "line\nbreak": "NotRequired[Optional[str]]",
        "$name": "NotRequired[Optional[str]]",
        "back\\slash": "NotRequired[Optional[str]]",
        "`tick`": "NotRequired[Optional[str]]",
        "a,b": "NotRequired[Optional[str]]",
        "__secret": "NotRequired[Optional[str]]",
        "None": "NotRequired[Optional[str]]",
        "select": "NotRequired[Optional[str]]",
        "تست": "NotRequired[Optional[List[str]]]",
        "{id}": "NotRequired[Optional[List[PublicType_]]]",
    },
)


# What a change of `class` says; what is left out stays.
PublicClassUpdate = TypedDict(
    "PublicClassUpdate",
    {
        "type": "NotRequired[PublicType_]",
        "user_id": "NotRequired[int]",
        "user-id": "NotRequired[Optional[int]]",
        "userId": "NotRequired[Optional[int]]",
        "self": "NotRequired[Optional[bool]]",
        "1st": "NotRequired[Optional[str]]",
        "a\"b": "NotRequired[Optional[PublicAC]]",
        "it's": "NotRequired[Optional[str]]",
        "x*/y": "NotRequired[Optional[str]]",
        "line\nbreak": "NotRequired[Optional[str]]",
        "$name": "NotRequired[Optional[str]]",
        "back\\slash": "NotRequired[Optional[str]]",
        "`tick`": "NotRequired[Optional[str]]",
        "a,b": "NotRequired[Optional[str]]",
        "__secret": "NotRequired[Optional[str]]",
        "None": "NotRequired[Optional[str]]",
        "select": "NotRequired[Optional[str]]",
        "تست": "NotRequired[Optional[List[str]]]",
        "{id}": "NotRequired[Optional[List[PublicType_]]]",
    },
)


# /*/ opens, ‮ turns
PublicWordsRow = TypedDict(
    "PublicWordsRow",
    {
        "int": "Optional[int]",
        "str": "Optional[str]",
        "double": "Optional[float]",
        "bool": "Optional[bool]",
        "hash_value": "Optional[str]",
        "m²": "Optional[int]",
        "string": "Optional[PublicString_]",
        "option": "Optional[PublicOption_]",
        "many": "Optional[List[int]]",
        "list": "Optional[List[str]]",
    },
)


# What a new row of `words` says.
PublicWordsInsert = TypedDict(
    "PublicWordsInsert",
    {
        "int": "NotRequired[Optional[int]]",
        "str": "NotRequired[Optional[str]]",
        "double": "NotRequired[Optional[float]]",
        "bool": "NotRequired[Optional[bool]]",
        "hash_value": "NotRequired[Optional[str]]",
        "m²": "NotRequired[Optional[int]]",
        "string": "NotRequired[Optional[PublicString_]]",
        "option": "NotRequired[Optional[PublicOption_]]",
        "many": "NotRequired[Optional[List[int]]]",
        "list": "NotRequired[Optional[List[str]]]",
    },
)


# What a change of `words` says; what is left out stays.
PublicWordsUpdate = TypedDict(
    "PublicWordsUpdate",
    {
        "int": "NotRequired[Optional[int]]",
        "str": "NotRequired[Optional[str]]",
        "double": "NotRequired[Optional[float]]",
        "bool": "NotRequired[Optional[bool]]",
        "hash_value": "NotRequired[Optional[str]]",
        "m²": "NotRequired[Optional[int]]",
        "string": "NotRequired[Optional[PublicString_]]",
        "option": "NotRequired[Optional[PublicOption_]]",
        "many": "NotRequired[Optional[List[int]]]",
        "list": "NotRequired[Optional[List[str]]]",
    },
)


class PublicXYZWRow(TypedDict):
    """A row of the table `x/y?z#{w}`."""

    id: Optional[int]


class PublicXYZWInsert(TypedDict):
    """What a new row of `x/y?z#{w}` says."""

    id: NotRequired[Optional[int]]


class PublicXYZWUpdate(TypedDict):
    """What a change of `x/y?z#{w}` says; what is left out stays."""

    id: NotRequired[Optional[int]]


class PublicU62au633u62aRow(TypedDict):
    """A row of the table `تست`."""

    id: Optional[int]


class PublicU62au633u62aInsert(TypedDict):
    """What a new row of `تست` says."""

    id: NotRequired[Optional[int]]


class PublicU62au633u62aUpdate(TypedDict):
    """What a change of `تست` says; what is left out stays."""

    id: NotRequired[Optional[int]]


# What the function `class` takes.
PublicClassArgs = TypedDict(
    "PublicClassArgs",
    {
        "fun": "int",
        "it's": "NotRequired[PublicType_]",
    },
)
