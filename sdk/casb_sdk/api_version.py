"""The version of the plugin contract, apart from the version of the distribution."""

API_VERSION = "0.1"
API_COMPAT_FLOOR = "0.1"
