hostname bird
hostname wren
