printf 'more\n' >>merged/in_lower; exit
