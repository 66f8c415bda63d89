"""Where tools may go: whatever is not on the internet is refused, unless it is listed."""

from __future__ import annotations

from ipaddress import ip_address

from django.core.exceptions import ImproperlyConfigured
from django.test import SimpleTestCase, override_settings

from calls.http_tools.addresses import Forbidden, permitted
from calls.http_tools.hosts import Hosts, is_public
from hevoice import environment
from tests.project.test_environment import NAME, variable

PUBLIC = ("93.184.216.34", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:93.184.216.34")
INSIDE = (
    *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "0.0.0.0", "::1", "::"),
    *("169.254.169.254", "fe80::1", "fd00:ec2::254", "fc00::1", "100.64.0.1", "100.100.100.200"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
    *("64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2001:0:7f00:1::", "::7f00:1", "fec0::1"),
    *("192.0.0.192", "192.88.99.1", "64:ff9b:1::a9fe:a9fe", "2001:db8::1", "3fff::1"),
    *("224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1", "198.18.0.1", "168.63.129.16"),
)


class HostsTests(SimpleTestCase):
    def test_what_is_not_on_the_internet_is_refused(self) -> None:
        for text in INSIDE:
            with self.subTest(text):
                self.assertFalse(is_public(ip_address(text)))
                self.assertFalse(Hosts().may_reach("calendar.example.org", ip_address(text), 443))
        for text in PUBLIC:
            with self.subTest(text):
                self.assertTrue(is_public(ip_address(text)))

    def test_what_is_listed_may_be_reached_by_name_or_by_network(self) -> None:
        hosts = Hosts.parsed("calendar.lan, 10.1.0.0/16,127.0.0.1")
        for host, address, may in (
            ("calendar.lan", "192.168.1.7", True),
            ("Calendar.LAN", "::ffff:192.168.1.7", True),
            ("other.lan", "192.168.1.7", False),
            ("other.lan", "10.1.2.3", True),
            ("other.lan", "::ffff:10.1.2.3", True),
            ("other.lan", "10.2.2.3", False),
            ("127.0.0.1", "127.0.0.1", True),
        ):
            with self.subTest(host, address=address):
                self.assertIs(hosts.may_reach(host, ip_address(address), 443), may)
        self.assertTrue(hosts.lists("127.0.0.1", port=80))
        self.assertTrue(hosts.lists("calendar.lan", port=80))
        self.assertFalse(hosts.lists("example.org", port=80))

    def test_one_that_is_listed_with_a_port_is_open_at_that_port_alone(self) -> None:
        hosts = Hosts.parsed("127.0.0.1:8090, [::1]:8090, calendar.lan:8443, 10.1.0.0/16:80")
        for host, address, port, may in (
            ("127.0.0.1", "127.0.0.1", 8090, True),
            ("localhost", "127.0.0.1", 8090, True),
            ("127.0.0.1", "127.0.0.1", 8000, False),
            ("127.0.0.1", "127.0.0.2", 8090, False),
            ("::1", "::1", 8090, True),
            ("::1", "::1", 80, False),
            ("calendar.lan", "192.168.1.7", 8443, True),
            ("calendar.lan", "192.168.1.7", 443, False),
            ("other.lan", "10.1.2.3", 80, True),
            ("other.lan", "10.1.2.3", 81, False),
        ):
            with self.subTest(host, address=address, port=port):
                self.assertIs(hosts.may_reach(host, ip_address(address), port), may)
        self.assertFalse(hosts.lists("127.0.0.1", port=80))

    def test_what_is_no_host_stops_the_start(self) -> None:
        for text in ("http://calendar.lan", "10.0.0.1/8", "a b", "x..y", "::1:x", "a:1:2"):
            with self.subTest(text), self.assertRaises(ValueError):
                Hosts.parsed(text)
        self.assertEqual(Hosts.parsed(" , "), Hosts())

    def test_what_is_wrong_with_one_is_said(self) -> None:
        for text, words in (
            ("calendar.lan:99999", "calendar.lan:99999: a port is a number from 1 to 65535"),
            ("calendar.lan:123456", "a port is a number from 1 to 65535"),
            ("10.1.0.1:0", "a port is a number from 1 to 65535"),
            ("999.1.1.1", "999.1.1.1 must be a host name, an address"),
            ("10.1", "10.1 must be a host name, an address"),
            ("10.0.0.0/33", "10.0.0.0/33 must be a host name, an address"),
            ("10.1.0.0/8", "10.1.0.0/8 is no network: write 10.0.0.0/8, or 10.1.0.0 for"),
        ):
            with self.subTest(text), self.assertRaisesMessage(ValueError, words):
                Hosts.parsed(f"ok.lan,{text}")
        self.assertTrue(Hosts.parsed("3com.lan:65535").lists("3com.lan", port=65535))

    async def test_a_name_that_leads_inside_is_forbidden_however_it_is_written(self) -> None:
        for host in (
            *("localhost", "127.0.0.1", "2130706433", "0x7f.1", "0", "127.1", "0177.0.0.1"),
            *("::1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe", "169.254.169.254", "2852039166"),
        ):
            with self.subTest(host), self.assertRaises(Forbidden):
                await permitted(host, 443)
        with override_settings(TOOL_HOSTS=Hosts.parsed("localhost")):
            self.assertTrue(await permitted("localhost", 443))


class EnvironmentTests(SimpleTestCase):
    def test_wrong_values_are_told_by_name_and_keys_by_their_place(self) -> None:

        wrong = f"{NAME}: /etc must be a host"
        with (
            variable("calendar.lan,/etc"),
            self.assertRaisesMessage(ImproperlyConfigured, wrong),
        ):
            environment.hosts(NAME)
        with variable("secret"), self.assertRaises(ImproperlyConfigured) as raised:
            environment.keys(NAME)
        self.assertIn("key 1 must be a Fernet key", f"{raised.exception}")
        self.assertNotIn("secret", f"{raised.exception}")
