hostname wren
