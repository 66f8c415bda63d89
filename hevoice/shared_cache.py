"""The cache that processes share, in Redis; while Redis is down, each process uses its own.

Signing in uses it to count wrong passwords, and must keep working without Redis.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis import RedisError


class SharedCache(RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._own = LocMemCache("while Redis is gone", {})

    def add(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either(super().add, self._own.add, key, *args, **kwargs))

    def get(self, key: Any, *args: Any, **kwargs: Any) -> Any:
        return self._either(super().get, self._own.get, key, *args, **kwargs)

    def set(self, key: Any, *args: Any, **kwargs: Any) -> None:
        self._either(super().set, self._own.set, key, *args, **kwargs)

    def delete(self, key: Any, *args: Any, **kwargs: Any) -> bool:
        return bool(self._either(super().delete, self._own.delete, key, *args, **kwargs))

    def _either(
        self, shared: Callable[..., Any], own: Callable[..., Any], *args: Any, **kwargs: Any
    ) -> Any:
        try:
            return shared(*args, **kwargs)
        except RedisError:
            return own(*args, **kwargs)
