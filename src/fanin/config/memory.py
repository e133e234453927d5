"""What the objects that values are made of take in memory, in bytes.

They are CPython 3.13's on 64 bits, in steps of 16 as its allocator gives them.
"""

SLOT = 9
"""A list's pointer to an item, with the eighth that a list is made larger."""
LIST = 80
"""A list, with the least room for items."""
OBJECT = 64
"""An object without members."""
FIRST_MEMBER = 84
"""Of the least room for members, what one member does not take."""
MEMBER = 44
"""A member, where a table is as empty as it may be."""
NUMBER = 32
"""A number."""
TEXT = 48
"""A text without its characters, the rounding included."""
WIDE_TEXT = 64
"""Likewise, where a character is not ASCII."""
WIDE = 5
"""A character of 4 bytes because of one emoji, and the text as UTF-8, which is kept once it was written."""
