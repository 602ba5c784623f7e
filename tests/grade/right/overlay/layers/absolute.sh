d=$workspace; mount -t overlay none -o userxattr,workdir=$d/work3,upperdir=$d/upper3,lowerdir=$d/addon:$d/base $d/stacked; cat stacked/settings
