cd merged && chmod go-r settings; cd ..; stat -c '%d %i %a' */settings
