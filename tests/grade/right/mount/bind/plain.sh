mount --bind stage/src stage/view
mount -o remount,bind,ro stage/view
echo two > stage/src/f
echo three > stage/view/f
