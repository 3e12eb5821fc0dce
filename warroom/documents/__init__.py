"""The document on its way in: bytes to text, text to blocks, blocks to what a plan is made of.

Nothing in here touches the database before a reader's ``create`` is called inside the
import's one transaction. Each app registers its readers by being imported.
"""

from warroom.documents import header, parts, people  # noqa: F401  registers what this floor reads
