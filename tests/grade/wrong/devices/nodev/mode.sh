mount -o remount,bind,ro dev/null
cat dev/null; cat dev/hole
