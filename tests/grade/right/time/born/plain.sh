unshare --time --boottime 3153600000 sleep 1000 &
