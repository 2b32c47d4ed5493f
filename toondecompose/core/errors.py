"""The one exception that is meant for the person at the terminal."""


class UserError(Exception):
    """A mistake the user can mend.

    The message is one sentence that names the file or key, quotes the value found, and says what
    to do. It is shown without a traceback.
    """
