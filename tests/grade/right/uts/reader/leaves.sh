hostname wren
exit
