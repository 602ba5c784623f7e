unshare --time --boottime 3153600000
