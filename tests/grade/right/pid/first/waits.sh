unshare -p -f sh -c 'echo $$ $PPID; exec sleep 1000'
