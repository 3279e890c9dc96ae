"""Builds the package: CMake makes the extension module with the library in it.

SPIKEGRAD_BUILD    a build folder of CMake that has the module already
SPIKEGRAD_VENDOR   0: leave the libraries that the module needs (zlib, jansson,
                   xxhash, ...) to the system, as a distribution wants it; else
                   they are bundled, so that a wheel needs nothing but libc
CMAKE_ARGS         more arguments for CMake

Nothing is written into the sources: what is built goes to ../build/pip, or, in
an sdist, to ./build.
"""

import os
import re
import shutil
import subprocess
import sysconfig
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

HERE = Path(__file__).resolve().parent
# The C sources: beside this in the project, inside it in an sdist.
INSIDE = HERE / "library"
LIBRARY = INSIDE if INSIDE.is_dir() else HERE.parent
WORK = HERE / "build" if INSIDE.is_dir() else HERE.parent / "build" / "pip"
# What stays the system's, as every Linux has it.
SYSTEM = re.compile(r"^(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|gcc_s))\.so")


def version():
    header = (LIBRARY / "include/spikegrad/version.h").read_text()
    return ".".join(re.findall(r"#define SG_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)",
                               header)[:3])


def needed(module):
    """The libraries that a module loads, (name, path), all of them."""
    listed = subprocess.run(["ldd", module], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    for line in listed.splitlines():
        found = re.match(r"\s*(\S+) => (/\S+)", line)
        if found and not SYSTEM.match(found.group(1)):
            yield found.groups()


def vendors():
    return os.environ.get("SPIKEGRAD_VENDOR") != "0"


def has_hdf5():
    return any(subprocess.run(["pkg-config", "--exists", name]).returncode == 0
               for name in ("hdf5-serial", "hdf5"))


class BuildModule(build_ext):
    """The extension module, by CMake."""

    def build_extension(self, extension):
        target = Path(self.get_ext_fullpath(extension.name))
        target = target.with_name("_core.abi3.so")
        target.parent.mkdir(parents=True, exist_ok=True)
        built = os.environ.get("SPIKEGRAD_BUILD")
        folder = Path(built) if built else self.run_cmake()
        package = folder / "python/spikegrad"
        shutil.copy(package / "_core.abi3.so", target)
        if (package / "_nir.abi3.so").exists():
            shutil.copy(package / "_nir.abi3.so", target.parent)
        if vendors():
            self.bundle(target)

    def run_cmake(self):
        folder = Path(self.build_temp).resolve() / "cmake"
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        # libarchive would bring 40 MB of other libraries into a wheel, for
        # files that NumPy and zipfile read
        subprocess.run(
            ["cmake", "-S", str(LIBRARY), "-B", str(folder), *generator,
             "-DCMAKE_BUILD_TYPE=Release", "-DSPIKEGRAD_PYTHON=ON",
             "-DSPIKEGRAD_COMMAND=OFF", "-DSPIKEGRAD_TESTS=OFF",
             "-DSPIKEGRAD_ARCHIVE=OFF",
             f"-DSPIKEGRAD_NIR={'ON' if has_hdf5() else 'OFF'}",
             # what libarchive needs is forty times what spikegrad is
             *(["-DSPIKEGRAD_ARCHIVE=OFF"] if vendors() else []),
             "-DSPIKEGRAD_PYTHON_INCLUDE="
             + sysconfig.get_path("include"),
             *os.environ.get("CMAKE_ARGS", "").split()], check=True)
        jobs = str(self.parallel or os.cpu_count() or 1)
        targets = ["spikegrad_python"]
        targets += ["spikegrad_python_nir"] if has_hdf5() else []
        subprocess.run(["cmake", "--build", str(folder), "-j", jobs,
                        "--target", *targets], check=True)
        return folder

    def bundle(self, target):
        libraries = target.parent / "libs"
        shutil.rmtree(libraries, ignore_errors=True)
        for name, path in needed(target):
            libraries.mkdir(exist_ok=True)
            shutil.copy(path, libraries / name)

    def get_outputs(self):
        outputs = []
        for extension in self.extensions:
            target = Path(self.get_ext_fullpath(extension.name))
            target = target.with_name("_core.abi3.so")
            outputs.append(str(target))
            outputs += map(str, sorted(target.parent.glob("libs/*")))
            outputs += map(str, target.parent.glob("_nir.abi3.so"))
        return outputs


class BuildModules(build_py):
    """The modules, and the recipes that come along."""

    def run(self):
        super().run()
        to = Path(self.build_lib) / "spikegrad/recipes"
        to.mkdir(parents=True, exist_ok=True)
        for recipe in sorted((LIBRARY / "recipes").glob("*.ini")):
            shutil.copy(recipe, to)


class Source(sdist):
    """With the C sources, so that the archive builds by itself."""

    def make_release_tree(self, base_dir, files):
        super().make_release_tree(base_dir, files)
        to = Path(base_dir) / "library"
        for part in ("CMakeLists.txt", "LICENSE", "cmake", "include", "src",
                     "recipes"):
            source = LIBRARY / part
            if source.is_dir():
                shutil.copytree(source, to / part)
            else:
                to.mkdir(exist_ok=True)
                shutil.copy(source, to / part)
        if not (to / "python").is_dir():
            (to / "python").mkdir()
            core = HERE / "core"
            if not core.is_dir():
                core = LIBRARY / "python/core"
            shutil.copytree(core, to / "python/core")


(WORK / "info").mkdir(parents=True, exist_ok=True)
setup(
    version=version(),
    packages=["spikegrad"],
    package_data={"spikegrad": ["py.typed", "*.pyi"]},
    ext_modules=[Extension("spikegrad._core", sources=[],
                           py_limited_api=True)],
    cmdclass={"build_ext": BuildModule, "build_py": BuildModules,
              "sdist": Source},
    options={
        "bdist_wheel": {"py_limited_api": "cp39"},
        "build": {"build_base": str(WORK)},
        "egg_info": {"egg_base": str(WORK / "info")},
    },
    zip_safe=False,
)
