mount --bind stage/src stage/view
mount -o remount,ro stage
