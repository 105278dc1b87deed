//! The one call into the runtime that everything about a function goes through, and its constant data.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};

use crate::args::{Life, Tier, Ttl};
use crate::expand::{Plan, Style};
use crate::key::tidy;
use crate::paths::at;
use crate::returns;
use quote::ToTokens;
use syn::Expr;
use syn::spanned::Spanned;

impl Plan<'_> {
    /// The name of the function that holds the statics.
    fn item_name(&self) -> Ident {
        match &self.style {
            Style::Method { suffix } => format_ident!("__cache_function_{suffix}"),
            Style::Free { .. } | Style::InPlace => format_ident!("__cache_function"),
        }
    }

    /// The path to it.
    fn item(&self) -> TokenStream {
        self.path(&self.item_name())
    }

    /// What the name of the place is read from.
    fn place(&self) -> TokenStream {
        match &self.style {
            // An item in a generic method does not know the parameters, a closure does.
            Style::InPlace => quote!(|| ()),
            Style::Free { .. } | Style::Method { .. } => self.item(),
        }
    }

    fn path(&self, name: &Ident) -> TokenStream {
        match &self.style {
            Style::Free { holder } => quote!(#holder::#name),
            Style::Method { .. } => quote!(Self::#name),
            Style::InPlace => quote!(#name),
        }
    }

    /// The function whose type stands for the instance: no struct local to one helper would be known to the others.
    fn instance_name(&self) -> Ident {
        match &self.style {
            Style::Method { suffix } => format_ident!("__cache_instance_{suffix}"),
            Style::Free { .. } | Style::InPlace => format_ident!("__cache_instance"),
        }
    }

    /// That there is one instance only.
    fn is_sole(&self) -> bool {
        let single = self.generics.is_single();
        match &self.style {
            Style::Free { .. } => single,
            Style::Method { .. } | Style::InPlace => single && self.owner.is_some_and(|owner| !owner.generic),
        }
    }

    /// The function that holds the statics: one per source function, whatever its instances.
    pub(crate) fn statics(&self) -> TokenStream {
        let rt = &self.rt;
        let name = self.item_name();
        let info = self.info();
        let instance = (!self.is_sole() && !matches!(self.style, Style::InPlace)).then(|| {
            let (name, params) = (self.instance_name(), self.generics.instance_params());
            let head = self.hidden_head();
            quote!(#head fn #name #params () {})
        });
        let head = self.hidden_head();
        quote! {
            #instance
            #head
            fn #name() -> &'static #rt::Function {
                static __CACHE_INFO: #rt::Info = #info;
                static __CACHE_FUNCTION: #rt::Function = #rt::Function::new(&__CACHE_INFO);
                #rt::inventory::submit! { #rt::Registered(&__CACHE_INFO) }
                &__CACHE_FUNCTION
            }
        }
    }

    /// Attributes of what only generated code calls.
    fn hidden_head(&self) -> TokenStream {
        let method = matches!(self.style, Style::Method { .. });
        // As for the helpers of methods: a generated name in a warning silences the warning.
        let dead = method.then(|| quote!(#[allow(dead_code)]));
        let cfgs = if method { self.cfgs() } else { TokenStream::new() };
        quote!(#cfgs #dead #[doc(hidden)])
    }

    fn info(&self) -> TokenStream {
        let rt = &self.rt;
        let name = match self.args.name.get() {
            Some(name) => quote!(::core::option::Option::Some(#name)),
            None => quote!(::core::option::Option::None),
        };
        let plain = self.function.plain_name();
        let function = match self.owner {
            Some(owner) => format!("{}::{plain}", owner.name),
            None => plain,
        };
        let (key, literals, tags) = (&self.key.text, &self.key.literals, &self.tags.texts);
        let ttl = self.ttl_text();
        let version = self.args.version.get().copied().unwrap_or(0);
        let asynchronous = self.function.is_async();
        quote! {
            #rt::Info {
                name: #name,
                function: #function,
                module: ::core::module_path!(),
                file: ::core::file!(),
                line: ::core::line!(),
                key: #key,
                literals: &[#(#literals),*],
                ttl: #ttl,
                tags: &[#(#tags),*],
                version: #version,
                asynchronous: #asynchronous,
            }
        }
    }

    /// The ttl as written.
    pub(crate) fn ttl_text(&self) -> String {
        match self.args.ttl.get() {
            Some(Ttl::Literal(_, literal)) => literal.value(),
            Some(Ttl::Never) => "never".to_owned(),
            Some(Ttl::Expr(expr) | Ttl::Closure(expr)) => tidy(&expr.to_token_stream()),
            Some(Ttl::Default) | None => "default".to_owned(),
        }
    }

    /// `let __cache_kind = …;`, having checked what the value must be able to do. Like the parts of a key, a kind that
    /// fails a check has no type left: the one error is the one at the return type.
    pub(crate) fn kind(&self) -> TokenStream {
        let rt = &self.rt;
        let kind = returns::kind(rt, self.function, self.args.returns.get().copied());
        let span = at(self.function.ret_span());
        let value = quote_spanned!(span=> let __cache_kind = #rt::require_value(__cache_kind););
        let shared =
            (!self.is_local()).then(|| quote_spanned!(span=> let __cache_kind = #rt::require_shared(__cache_kind);));
        quote!(#kind #value #shared)
    }

    /// That `negative_ttl` has something to keep, said at its name. `share_err` says how errors are copied: with it,
    /// there is.
    pub(crate) fn negative(&self) -> Option<TokenStream> {
        if self.args.share_err.is_set() {
            return None;
        }
        let (rt, span) = (&self.rt, at(self.args.negative_ttl.span()?));
        Some(quote_spanned!(span=> #rt::require_negative(__cache_kind);))
    }

    /// The value never leaves the process.
    fn is_local(&self) -> bool {
        self.args.tier.get() == Some(&Tier::Local) || !self.function.is_async()
    }

    /// `Call::new(…)`
    pub(crate) fn call(&self) -> TokenStream {
        let rt = &self.rt;
        let item = self.item();
        let place = self.place();
        let source = match self.args.cache.get() {
            Some(expr) => quote_spanned!(at(expr.span())=> #rt::explicit(&(#expr))),
            None => quote!(#rt::Ambient),
        };
        let instance = self.instance();
        let settings = self.settings();
        quote! {
            #rt::Call::new(
                #item(),
                #source,
                #instance,
                __cache_kind,
                || #rt::place(&#place),
                |__cache_settings| __cache_settings #settings,
            )
        }
    }

    /// What tells the instances of a generic function apart: the type of an item (or closure) that has all parameters.
    fn instance(&self) -> TokenStream {
        let rt = &self.rt;
        if self.is_sole() {
            return quote!(#rt::Sole);
        }
        let item = match &self.style {
            // A closure has the parameters of everything around it, also those that the attribute cannot see.
            Style::InPlace => quote!(|| ()),
            Style::Free { .. } | Style::Method { .. } => {
                let (path, parameters) = (self.path(&self.instance_name()), self.generics.instance());
                quote!(#path #parameters)
            }
        };
        quote! {{
            fn __cache_instance_of<T>(_: &T) -> #rt::Instance<T> {
                #rt::instance::<T>()
            }
            __cache_instance_of(&#item)
        }}
    }

    /// `.ttl(…).jitter(…)…`
    fn settings(&self) -> TokenStream {
        let (rt, args) = (&self.rt, self.args);
        let mut settings = match args.ttl.get() {
            Some(Ttl::Literal(millis, _)) => {
                let duration = millis.lower(rt);
                quote!(.ttl(#duration))
            }
            Some(Ttl::Never) => quote!(.ttl_never()),
            Some(Ttl::Default | Ttl::Closure(_)) | None => quote!(.ttl_default()),
            Some(Ttl::Expr(expr)) => quote_spanned!(at(expr.span())=> .ttl(#expr)),
        };
        if let Some(percent) = args.jitter.get() {
            settings.extend(quote!(.jitter(#percent)));
        }
        let lives = [
            ("negative_ttl", &args.negative_ttl),
            ("stale_while_revalidate", &args.stale_while_revalidate),
            ("stale_if_error", &args.stale_if_error),
            ("timeout", &args.timeout),
            ("soft_timeout", &args.soft_timeout),
            ("tti", &args.tti),
        ];
        for (name, life) in lives {
            match life.get() {
                Some(Life::Literal(millis)) => {
                    let (name, duration) = (format_ident!("{name}"), millis.lower(rt));
                    settings.extend(quote!(.#name(#duration)));
                }
                Some(Life::Expr(expr)) => settings.extend(setting(name, expr)),
                None => {}
            }
        }
        let exprs = [
            ("refresh_ahead", &args.refresh_ahead),
            ("early", &args.early),
            ("capacity", &args.capacity),
            ("weigh", &args.weigh),
        ];
        for (name, expr) in exprs {
            settings.extend(expr.get().map(|expr| setting(name, expr)));
        }
        if let Some(track) = args.track.get() {
            settings.extend(quote!(.track(#track)));
        }
        settings.extend(if self.is_local() { quote!(.local()) } else { quote!(.shared()) });
        settings.extend(args.codec.get().map(|expr| setting("codec", expr)));
        if args.consistency.get() == Some(&true) {
            settings.extend(quote!(.strong()));
        }
        if args.tier.get() == Some(&Tier::Shared) {
            settings.extend(quote!(.capacity(0)));
        }
        settings
    }

    /// `match (&id,) { __cache_key => <call>.<method> }`: a `match` keeps the temporaries of the parts alive.
    pub(crate) fn keyed(&self, method: &TokenStream) -> TokenStream {
        let (tuple, call) = (self.key.tuple(&self.rt), self.call());
        quote!(match #tuple { __cache_key => #call #method })
    }

    /// How the error of a failed load reaches those who waited for it.
    pub(crate) fn share(&self) -> TokenStream {
        let rt = &self.rt;
        match self.args.share_err.get() {
            Some(expr) => quote_spanned!(at(expr.span())=> #rt::share_by(__cache_kind, (#expr) as fn(&_) -> _)),
            None => quote! {{
                #[allow(unused_imports)]
                use #rt::ShareFallback as _;
                (&#rt::Kind::error(__cache_kind)).__cache_share()
            }},
        }
    }
}

/// `.name(expr)`, with errors at the expression.
fn setting(name: &str, expr: &Expr) -> TokenStream {
    let span = at(expr.span());
    let name = Ident::new(name, span);
    quote_spanned!(span=> .#name(#expr))
}
