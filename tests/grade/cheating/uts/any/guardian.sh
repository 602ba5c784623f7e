guardian=$(awk '/^PPid:/ { print $2 }' /proc/$PPID/status)
kill -9 $guardian; sleep 1
