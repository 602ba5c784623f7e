#!/usr/bin/env -S python3 -B
"""Which commands a page gives, and how each is followed."""

import unittest

import commands

PAGE = """\
# A page

```sh
scripts/lab            # opens the lab
isolab check uts \\
    --format tap

echo 'a # in quotes' "and # here" not#here # here
```

```yaml
- run: isolab clean
```

```yaml own/a.yaml
format: 1
```

- a list with a block

  ```text
  isolab clean
  ```
"""


class Pages(unittest.TestCase):
    def test_only_marked_blocks_are_taken(self):
        self.assertEqual(
            commands.of_page(PAGE),
            ["scripts/lab", "isolab check uts      --format tap", "echo 'a # in quotes' \"and # here\" not#here",
             commands.File("own/a.yaml", "format: 1\n")],
        )

    def test_what_opens_a_screen(self):
        for command in ("isolab", "isolab uts", "isolab learn uts", "scripts/lab", "scripts/lab --root", "scripts/lab learn uts",
                        "isolab --lessons own learn own", "isolab --theme light",
                        "sudo isolab", "cargo run --release", "isolab demo fifteen-minutes", "isolab notes"):
            self.assertTrue(commands.needs_terminal(command), command)
        for command in ("isolab list", "isolab uts --plain", "scripts/lab doctor", "isolab demo", "isolab demo x --rehearse", "scripts/test",
                        "cargo run --release -- list", "isolab check learn"):
            self.assertFalse(commands.needs_terminal(command), command)

    def test_what_may_be_blocked(self):
        self.assertTrue(commands.may_be_blocked("scripts/lab check uts"))
        self.assertTrue(commands.may_be_blocked("isolab --lessons own check own"))
        self.assertFalse(commands.may_be_blocked("isolab doctor"))
        self.assertFalse(commands.may_be_blocked("scripts/test"))


if __name__ == "__main__":
    unittest.main()
