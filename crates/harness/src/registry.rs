//! The backends that take part: those of Leastwise, and those that the calling program adds.

use leastwise_backends::AdapterScalar;
use leastwise_conformance::Widen;
use leastwise_core::Backend;

use crate::direct::Direct;
use crate::error::{Error, Result, bad_input};
use crate::library::{Call, Called, Library};

/// A scalar type in which a comparison measures.
pub(crate) trait Measured: AdapterScalar + Widen + Called {
    fn make(brought: &Brought, threads: usize) -> Box<dyn Backend<Self>>;
}

impl Measured for f32 {
    fn make(brought: &Brought, threads: usize) -> Box<dyn Backend<Self>> {
        (brought.single)(threads)
    }
}

impl Measured for f64 {
    fn make(brought: &Brought, threads: usize) -> Box<dyn Backend<Self>> {
        (brought.double)(threads)
    }
}

type Make<T> = Box<dyn Fn(usize) -> Box<dyn Backend<T>>>;

/// A backend that the calling program adds, in both scalar types.
pub(crate) struct Brought {
    name: &'static str,
    single: Make<f32>,
    double: Make<f64>,
}

#[derive(Default)]
pub(crate) struct Registry {
    brought: Vec<Brought>,
    libraries: Vec<Library>,
}

impl Registry {
    /// Adds a backend. `make` takes the number of threads that the library may use.
    pub(crate) fn add<B: Backend<f32> + Backend<f64> + 'static>(
        &mut self,
        make: impl Fn(usize) -> B + Clone + 'static,
    ) {
        let single = make.clone();
        self.brought.push(Brought {
            name: make(1).info().name,
            single: Box::new(move |threads| Box::new(single(threads))),
            double: Box::new(move |threads| Box::new(make(threads))),
        });
    }

    /// Adds a library, as a contender. It takes part only if it is requested.
    pub(crate) fn add_library(&mut self, library: Library) {
        self.libraries.push(library);
    }

    /// The names of the contenders: each library with its own calls, and its backend.
    fn contenders(&self) -> Vec<&'static str> {
        let names = |library: &Library| {
            let backend = f64::backend(library).map(|backend| backend.info().name);
            std::iter::once(library.name).chain(backend)
        };
        self.libraries.iter().flat_map(names).collect()
    }

    /// The contenders that a list names. `all` means all of them.
    ///
    /// # Errors
    /// [`Error::BadInput`] with the list of known names, and if this program has no contenders.
    pub(crate) fn chosen_contenders(&self, list: &str) -> Result<Vec<&'static str>> {
        let known = self.contenders();
        if known.is_empty() {
            return Err(bad_input(
                "--contenders: this program has no contenders; in a checkout of Leastwise, `cargo xtask` builds \
                 them for this flag",
            ));
        }
        if list == "all" {
            return Ok(known);
        }
        let find = |name: &str| {
            let found = known.iter().copied().find(|known| *known == name.trim());
            found.ok_or_else(|| {
                let known = known.join(", ");
                bad_input(format!(
                    "--contenders: unknown contender {:?}; the contenders are {known}",
                    name.trim()
                ))
            })
        };
        list.split(',').map(find).collect()
    }

    /// The calls of the contender of this name, if it is a library that is called directly.
    pub(crate) fn calls<T: Measured>(&self, name: &str) -> Vec<Call<T>> {
        let library = self.libraries.iter().find(|library| library.name == name);
        library.map_or_else(Vec::new, |library| T::calls(library).to_vec())
    }

    /// The names of the backends. Those of the calling program come first.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        let brought = self.brought.iter().map(|brought| brought.name);
        brought.chain(leastwise_backends::names()).collect()
    }

    /// Checks that the names are distinct.
    ///
    /// # Errors
    /// [`Error::BadInput`] if two backends have the same name.
    pub(crate) fn check(&self) -> Result<()> {
        let names = [self.names(), self.contenders()].concat();
        let twice = (1..names.len()).find(|&i| names[..i].contains(&names[i]));
        match twice {
            None => Ok(()),
            Some(i) => Err(bad_input(format!(
                "two backends have the name {:?}; the name of a backend is that of Engine::info",
                names[i]
            ))),
        }
    }

    /// The registered name that equals `name`.
    ///
    /// # Errors
    /// [`Error::BadInput`] with the list of known names.
    pub(crate) fn name(&self, name: &str) -> Result<&'static str> {
        let names = self.names();
        names
            .iter()
            .copied()
            .find(|known| *known == name)
            .ok_or_else(|| {
                let known = names.join(", ");
                bad_input(format!(
                    "unknown backend {name:?}; the backends are {known}"
                ))
            })
    }

    /// The backend of that name.
    ///
    /// # Errors
    /// As [`name`](Self::name).
    pub(crate) fn find<T: Measured>(
        &self,
        name: &str,
        threads: usize,
    ) -> Result<Box<dyn Backend<T>>> {
        for library in &self.libraries {
            if library.name == name {
                return Ok(Box::new(Direct::new(library)));
            }
            if let Some(backend) = T::backend(library)
                && backend.info().name == name
            {
                return Ok(backend);
            }
        }
        match self.brought.iter().find(|brought| brought.name == name) {
            Some(brought) => Ok(T::make(brought, threads)),
            None => leastwise_backends::find(self.name(name)?, threads)
                .map_err(|error| Error::BadInput(error.to_string())),
        }
    }
}
