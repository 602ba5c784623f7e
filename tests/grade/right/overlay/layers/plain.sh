mount -t overlay overlay -o lowerdir=addon:base,upperdir=upper3,workdir=work3,userxattr stacked
