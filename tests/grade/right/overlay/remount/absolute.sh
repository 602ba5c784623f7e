d=$workspace; mount -t overlay none -o userxattr,upperdir=$d/upper,lowerdir=$d/lower,workdir=$d/work $d/merged && cat merged/in_lower
