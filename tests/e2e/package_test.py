# SPDX-License-Identifier: Apache-2.0
"""What an installation holds, and that a program of somebody else builds with it."""
import re
import shutil
import subprocess

from nodes import BIN, Case, ROOT

BUILD = (BIN / "grapevine").resolve().parent.parent

PROJECT = """
cmake_minimum_required(VERSION 3.25)
project(elsewhere LANGUAGES CXX)
find_package(grapevine 0.1 REQUIRED)
add_executable(talk talk.cpp)
target_link_libraries(talk PRIVATE grapevine::grapevine)
"""


WITHIN = """
cmake_minimum_required(VERSION 3.25)
project(elsewhere LANGUAGES C CXX)
add_subdirectory({root} grapevine)
get_target_property(folders grapevine_api INTERFACE_INCLUDE_DIRECTORIES)
find_file(header grapevine/node.hpp PATHS ${{folders}} NO_DEFAULT_PATH REQUIRED)
if(TARGET scenario OR NOT TARGET grapevine_gossipsub)
  message(FATAL_ERROR "not the library alone")
endif()
"""


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Package(Case):
    def setUp(self):
        super().setUp()
        # Moved after the installation: nothing in it may know where it was made.
        run("cmake", "--install", BUILD, "--prefix", self.home / "made")
        self.place = self.home / "moved"
        shutil.move(self.home / "made", self.place)

    def test_the_program_stands_under_all_its_names(self):
        said = {run(self.place / "bin" / name, "version") for name in ("grapevine", "gossip-demo", "main")}
        self.assertEqual(len(said), 1)

    def test_every_page_that_the_readme_links_to_is_there(self):
        documents = self.place / "share" / "doc" / "grapevine"
        self.assertTrue((documents / "LICENSE").is_file())
        made_by_runs = {"docs/interop.md", "docs/benchmarks.md"}
        for target in re.findall(r"\]\(([^):#]+)\)", (documents / "README.md").read_text()):
            if target not in made_by_runs:
                self.assertTrue((documents / target).exists(), target)

    def test_a_tree_of_somebody_else_can_hold_this_one(self):
        source = self.home / "source"
        source.mkdir()
        (source / "CMakeLists.txt").write_text(WITHIN.format(root=ROOT))
        run("cmake", "-S", source, "-B", self.home / "build")

    def test_the_readmes_program_builds_with_it(self):
        source = self.home / "source"
        source.mkdir()
        program = re.search(r"^```cpp\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)[1]
        headers = "#include <chrono>\n#include <cstdio>\n#include <string>\n"
        (source / "talk.cpp").write_text(headers + program + "int main() { return talk(); }\n")
        (source / "CMakeLists.txt").write_text(PROJECT)
        sanitizers = re.search(r"^GRAPEVINE_SANITIZE:STRING=(.+)$", (BUILD / "CMakeCache.txt").read_text(), re.M)
        flags = f"-fsanitize={sanitizers[1]} -fno-sanitize=vptr" if sanitizers else ""

        run("cmake", "-S", source, "-B", self.home / "build", f"-DCMAKE_PREFIX_PATH={self.place}",
            f"-DCMAKE_CXX_FLAGS={flags}")
        run("cmake", "--build", self.home / "build")

        self.assertIn("bob heard: hello, bob", run(self.home / "build" / "talk"))
