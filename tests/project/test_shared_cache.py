"""What processes count together: in Redis, and without it each for itself."""

from __future__ import annotations

from django.test import SimpleTestCase, tag

from hevoice import stores
from hevoice.shared_cache import SharedCache
from tests.servers import free_port
from tests.servers.redis import RedisServer


def a_cache(url: str) -> SharedCache:
    settings = stores.caches(url)["default"]
    return SharedCache(url, {"OPTIONS": settings["OPTIONS"], "KEY_PREFIX": settings["KEY_PREFIX"]})


@tag("protocol")
class SharedCacheTests(SimpleTestCase):
    def test_what_one_process_counts_another_reads(self) -> None:
        with RedisServer() as redis:
            one, other = a_cache(redis.url), a_cache(redis.url)
            one.set("tries", [1.0, 2.0], 60)
            self.assertEqual(other.get("tries"), [1.0, 2.0])
            self.assertFalse(other.add("tries", [], 60))
            self.assertTrue(other.delete("tries"))
            self.assertIsNone(one.get("tries"))

    def test_while_redis_is_gone_it_goes_on_counting(self) -> None:
        cache = a_cache(f"redis://127.0.0.1:{free_port()}/0")
        self.assertTrue(cache.add("tries", [1.0], 60))
        self.assertFalse(cache.add("tries", [2.0], 60))
        self.assertEqual(cache.get("tries"), [1.0])
        cache.delete("tries")
        self.assertIsNone(cache.get("tries"))

    def test_without_redis_it_is_in_the_process(self) -> None:
        self.assertIn("locmem", stores.caches("")["default"]["BACKEND"])
