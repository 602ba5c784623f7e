cd stage; mount -R tree seen && mount -o bind,ro,remount seen
printf "b\n" | tee seen/sub/b
printf "a\n" | tee seen/a
