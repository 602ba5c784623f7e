umount "$workspace/merged" && mkdir -p "$workspace/second/up" "$workspace/second/wk"
mount -t overlay none -o userxattr,workdir=$workspace/second/wk,upperdir=$workspace/second/up,lowerdir=$workspace/lower merged; ls merged
