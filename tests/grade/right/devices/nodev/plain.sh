mount -o remount,bind,nodev dev/null
cat dev/null; cat dev/hole
