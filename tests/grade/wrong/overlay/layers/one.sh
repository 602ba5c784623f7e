mount -t overlay overlay -o lowerdir=addon,upperdir=upper3,workdir=work3,userxattr stacked
