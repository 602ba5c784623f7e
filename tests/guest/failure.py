"""The one exception of these scripts: what went wrong, said to the person who ran them."""


class GuestFailure(Exception):
    """The guest could not be made, did not boot, died or hung."""
