//! CommonJS files as bytecode: each becomes a module whose default export is the function around the file.

use crate::raw::load_module;
use rquickjs::module::WriteOptions;
use rquickjs::{CatchResultExt, Context, Ctx, Exception, Function, Module, Result, Runtime};
use std::path::Path;

/// `host` is for the shim alone; the other three are CommonJS.
const PARAMETERS: &str = "exports, require, module, host";
pub const EXTENSION: &str = "qbc";

/// Writes the bytecode of `source`, without its text, with the lines of its functions.
pub fn compile(source: &Path, target: &Path) -> std::result::Result<(), String> {
    let text = std::fs::read_to_string(source).map_err(|error| error.to_string())?;
    let name = source.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let runtime = Runtime::new().map_err(|error| error.to_string())?;
    let context = Context::full(&runtime).map_err(|error| error.to_string())?;
    let bytecode = context.with(|ctx| {
        let wrapped = format!("export default function ({PARAMETERS}) {{{text}\n}}");
        let compiled = Module::declare(ctx.clone(), name, wrapped).and_then(|module| {
            module.write(WriteOptions { strip_source: true, ..WriteOptions::default() })
        });
        compiled.catch(&ctx).map_err(|error| error.to_string())
    })?;
    std::fs::write(target, bytecode).map_err(|error| error.to_string())
}

/// The function around the file `name` (without its extension) of `folder`.
pub fn load<'js>(ctx: &Ctx<'js>, folder: &Path, name: &str) -> Result<Function<'js>> {
    let path = folder.join(name).with_extension(EXTENSION);
    let bytecode = std::fs::read(&path)
        .map_err(|error| Exception::throw_message(ctx, &format!("{}: {error}", path.display())))?;
    let (module, evaluated) = load_module(ctx, &bytecode)?.eval()?;
    evaluated.finish::<()>()?;
    module.get("default")
}
