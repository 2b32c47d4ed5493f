"""The exceptions that are meant for the person at the terminal, or at the Python prompt."""


class UserError(Exception):
    """A mistake that the user can correct.

    The message is one sentence that names the file or key, quotes the value found, and says what
    to do. It is shown without a traceback.
    """


class SettingsError(UserError, ValueError):
    """A setting that does not exist, or a value that it cannot have."""


class FramesError(UserError, ValueError):
    """Arrays that are no frames of one clip."""


class FrameNumberError(UserError, IndexError):
    """A frame that the clip does not have."""
