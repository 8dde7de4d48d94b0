namespace Microsoft.Azure.Functions.Worker.Builder;

/// <summary>ASP.NET Core's types in functions: <c>HttpRequest</c> in, <c>IResult</c> out.</summary>
public static class FunctionsApplicationBuilderAspNetCoreExtensions
{
    /// <summary>Lets functions take and answer ASP.NET Core's requests. An app with HTTP functions must call it.</summary>
    public static FunctionsApplicationBuilder ConfigureFunctionsWebApplication(this FunctionsApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        builder.IsWebApplication = true;
        return builder;
    }
}
