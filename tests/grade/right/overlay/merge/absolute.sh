cd "$workspace"; here=$(pwd)
mount -t overlay overlay -o lowerdir=$here/lower,upperdir=$here/upper,workdir=$here/work,userxattr $here/merged
ls merged
