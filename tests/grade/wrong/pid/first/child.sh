bash
echo $$ $PPID
