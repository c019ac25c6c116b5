"""The root of every error that Kantelpunt raises on purpose."""


class KantelpuntError(Exception):
    """Something that a user can mend: the message says what, where and how, without values."""

    exit_code = 1  # of a command that ends with it
