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
                        "sudo isolab", "cargo run --release", "isolab demo fifteen-minutes", "isolab notes",
                        "isolab lint --watch own/a.yaml"):
            self.assertTrue(commands.needs_terminal(command), command)
        for command in ("isolab list", "isolab uts --plain", "scripts/lab doctor", "isolab demo", "isolab demo x --rehearse", "scripts/test", "isolab lint own/a.yaml",
                        "cargo run --release -- list", "isolab check learn"):
            self.assertFalse(commands.needs_terminal(command), command)

    def test_what_may_be_blocked(self):
        self.assertEqual(commands.exit_codes("scripts/lab check uts"), (0, 3))
        self.assertEqual(commands.exit_codes("isolab --lessons own check own"), (0, 3))
        self.assertEqual(commands.exit_codes("isolab grade --can"), (0, 5))
        self.assertEqual(commands.exit_codes("isolab doctor"), (0,))
        self.assertEqual(commands.exit_codes("scripts/test"), (0,))


if __name__ == "__main__":
    unittest.main()
