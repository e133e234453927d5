"""`make site`: the documentation as a static site in build/site, which asks no other server for anything.

Pages link to files of the repository that are no part of docs/, such as examples. Those come along: Markdown as pages,
other files as text.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from fanin.local.layout import BUILD, ROOT

SITE: Final = BUILD / "site"
_SOURCE: Final = BUILD / "site-source"
"""Where the pages are put together; mkdocs.yml names it."""
_TOOLS: Final = ROOT / ".tools/site/bin"
_DOCS: Final = ROOT / "docs"
_DECISIONS: Final = _DOCS / "decisions"
_LINK: Final = re.compile(r'(?:(?<=\]\()|(?<=src=")|(?<=srcset="))(?![a-z]+:)([^)"#\s]+)')
_PICTURE: Final = re.compile(
    r'<picture>\s*<source media="\(prefers-color-scheme: dark\)" srcset="([^"]+)">\s*'
    r'<img ([^>]*)src="([^"]+)">\s*</picture>'
)
"""A picture in the colours of the system, as it stands in the repository. The site's page has colours of its own."""
_FOLDERS: Final = "README.md"
"""The page of a folder that a link names."""
_TEXT: Final = frozenset({".md", ".svg", ".png"})
"""Endings of what a browser shows as it is, or what becomes a page."""


def main() -> int:
    """Build the site and check its links; 0 if all lead somewhere."""
    gather(_SOURCE)
    shutil.rmtree(SITE, ignore_errors=True)
    commands: tuple[list[str | Path], ...] = (
        [_TOOLS / "zensical", "build", "--clean", "--strict", "--config-file", ROOT / "mkdocs.yml"],
        [_TOOLS / "lychee", "--offline", "--include-fragments", "--no-progress", "--quiet", "--root-dir", SITE, SITE],
    )
    for command in commands:
        if code := subprocess.run(command, cwd=ROOT, check=False).returncode:
            return code
    print(f"\n  {SITE / 'index.html'}")
    return 0


def gather(folder: Path) -> None:
    """Put all pages, and what they link to, into a folder.

    Raises:
        FileNotFoundError: a page links to a file that is not there.
    """
    shutil.rmtree(folder, ignore_errors=True)
    waiting, seen = [*sorted(_DOCS.rglob("*"))], set[Path]()
    while waiting:
        file = waiting.pop()
        if file in seen or file.is_dir():
            continue
        seen.add(file)
        target = folder / _place(file)
        target.parent.mkdir(parents=True, exist_ok=True)
        if file.suffix != ".md":
            shutil.copyfile(file, target)
            continue
        linked: list[Path] = []
        target.write_text(_rewritten(file, linked))
        waiting += linked
    (folder / "decisions/index.md").write_text(_decisions())


def _place(file: Path) -> Path:
    """Say where a file of the repository is in the site."""
    if file.is_relative_to(_DOCS):
        return file.relative_to(_DOCS)
    within = Path("repository", file.relative_to(ROOT))
    return within if file.suffix in _TEXT else within.with_name(f"{within.name}.txt")


def _rewritten(page: Path, linked: list[Path]) -> str:
    """Give a page with its links as they are in the site, and add the files that they lead to."""

    def of_site(link: re.Match[str]) -> str:
        target = Path(os.path.normpath(page.parent / link[1]))
        if not target.exists():
            raise FileNotFoundError(f"{page.relative_to(ROOT)} links to {link[1]}, which is not there")
        if target == _DECISIONS:
            target /= "index.md"
        elif target.is_dir():
            target /= _FOLDERS
        if target != _DECISIONS / "index.md":
            linked.append(target)
        return Path(os.path.relpath(_place(target), _place(page).parent)).as_posix()

    # Only outside code, where brackets are no links.
    parts = re.split(r"(^```.*?^```|`[^`\n]*`)", page.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    return "".join(part if part.startswith("`") else _of_page(_LINK.sub(of_site, part)) for part in parts)


def _of_page(text: str) -> str:
    """Have pictures follow the colours of the page: site.css shows one of the two."""
    return _PICTURE.sub(r'<img class="light" \2src="\3">\n<img class="dark" \2src="\1">', text)


def _decisions() -> str:
    """List the decision records, each by its title."""
    files = sorted(_DECISIONS.glob("[0-9]*.md"))
    lines = [f"- [{file.read_text(encoding='utf-8').partition('\n')[0].lstrip('# ')}]({file.name})" for file in files]
    text = "One record for each one-way door: context, decision, figures, and what would change our mind."
    return f"# Decisions\n\n{text}\n\n{'\n'.join(lines)}\n"


if __name__ == "__main__":
    sys.exit(main())
