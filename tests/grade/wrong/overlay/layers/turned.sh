mount -t overlay overlay -o lowerdir=base:addon,upperdir=upper3,workdir=work3,userxattr stacked
