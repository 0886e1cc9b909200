"""How is the counter started?"""

from services.download.app import NAME, build
from services.kit.service import main

if __name__ == "__main__":
    main(build, NAME)
