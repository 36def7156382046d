"""Make a device's id of the product and the name that platforms of thing models know it by. Pure."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from ingest.readings import DeviceId

_PRODUCTS: Final = ("productKey", "productID", "productId")
_NAMES: Final = ("deviceName", "deviceKey")
_LONGEST: Final = 64
_NAME: Final = re.compile(r"[^/+#\s\x00-\x1f\x7f]{1,64}")


def is_name(value: str) -> bool:
    """Tell whether text can be the name of a device: at most 64 characters without blanks, `/`, `+` and `#`."""
    return len(value) <= _LONGEST and _is_name(value)


def device_of(product: str, name: str) -> DeviceId | None:
    """Make the id of a device, `{product}.{name}`; None where one of them can be no name."""
    return _device_of(product, name) if len(product) <= _LONGEST and len(name) <= _LONGEST else None


def identity(value: object) -> DeviceId | None:
    """Make the id of a device of the object that names it; None where it does not."""
    if type(value) is not dict:
        return None
    product = _first(value, _PRODUCTS)
    name = _first(value, _NAMES)
    return device_of(product, name) if type(product) is str and type(name) is str else None


def _first(value: Mapping[str, object], keys: tuple[str, ...]) -> object:
    for key in keys:
        if key in value:
            return value[key]
    return None


@lru_cache(maxsize=8192)
def _is_name(value: str) -> bool:
    return _NAME.fullmatch(value) is not None and value.isprintable()


@lru_cache(maxsize=8192)
def _device_of(product: str, name: str) -> DeviceId | None:
    return DeviceId(f"{product}.{name}") if _is_name(product) and _is_name(name) else None
