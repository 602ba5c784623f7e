mount --bind stage/tree stage/seen
mount -o remount,bind,ro stage/seen
echo a >stage/seen/a; echo b >stage/tree/sub/b
